import { accountId, partition, region, urlSuffix } from './account.ts'
import type { Stack } from './assembly.ts'
import { withSecrets } from './dynamic-references.ts'

/** A value of a template that cannot be known here. */
export class Unresolvable extends Error {
  override readonly name = 'Unresolvable'
}

/** What lies outside of the value itself. Each method throws `Unresolvable` for what it does not know. */
export interface References {
  ref(stack: Stack, logicalId: string): unknown
  attribute(stack: Stack, logicalId: string, name: string): unknown
  importValue(exportName: string): unknown
}

/** `AWS::NoValue`: takes the property, or the list item, that holds it away. */
const noValue = Symbol('AWS::NoValue')

/** The value with every intrinsic function of CloudFormation replaced by what it stands for. */
export function resolve(value: unknown, stack: Stack, references: References): unknown {
  const resolved = evaluate(value)
  return resolved === noValue ? undefined : withoutReferences(resolved)

  function evaluate(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(evaluate).filter((item) => item !== noValue)
    if (typeof node !== 'object' || node === null) return node
    const entries = Object.entries(node)
    const [first] = entries
    if (entries.length === 1 && first !== undefined && isIntrinsic(...first)) return call(...first)
    return Object.fromEntries(
      entries.map(([key, child]) => [key, evaluate(child)] as const).filter(([, child]) => child !== noValue),
    )
  }

  function call(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return ref(text(argument, name))
      case 'Fn::GetAtt': {
        const [logicalId, attribute] = typeof argument === 'string' ? split(argument, '.') : list(argument, name)
        return references.attribute(stack, text(logicalId, name), text(evaluate(attribute), name))
      }
      case 'Fn::Sub':
        return typeof argument === 'string' ? substitute(argument, {}) : substituteWith(list(argument, name))
      case 'Fn::Join': {
        const [separator, parts] = list(argument, name)
        const texts = list(evaluate(parts), name).map((part) => text(part, name))
        return texts.join(text(separator, name))
      }
      case 'Fn::Select': {
        const [index, items] = list(argument, name)
        const chosen = list(evaluate(items), name)[Number(evaluate(index))]
        if (chosen === undefined) throw new Unresolvable(`Fn::Select has no item ${String(index)}`)
        return chosen
      }
      case 'Fn::Split': {
        const [separator, source] = list(argument, name)
        return text(evaluate(source), name).split(text(separator, name))
      }
      case 'Fn::FindInMap': {
        const [map, top, second] = list(argument, name).map((key) => text(evaluate(key), name))
        const found = stack.template.Mappings[map ?? '']?.[top ?? '']?.[second ?? '']
        if (found === undefined) throw new Unresolvable(`no mapping ${map}.${top}.${second}`)
        return evaluate(found)
      }
      case 'Fn::ImportValue':
        return references.importValue(text(evaluate(argument), name))
      case 'Fn::If': {
        const [condition, then, otherwise] = list(argument, name)
        return evaluate(holds(text(condition, name), stack, references) ? then : otherwise)
      }
      default:
        return test(name, argument)
    }
  }

  function test(name: string, argument: unknown): boolean {
    switch (name) {
      case 'Fn::Equals': {
        const [left, right] = list(argument, name).map(evaluate)
        return String(left) === String(right)
      }
      case 'Fn::And':
        return list(argument, name).map(evaluate).every(Boolean)
      case 'Fn::Or':
        return list(argument, name).map(evaluate).some(Boolean)
      case 'Fn::Not':
        return !evaluate(list(argument, name)[0])
      case 'Condition':
        return holds(text(argument, name), stack, references)
      default:
        throw new Unresolvable(`the intrinsic function ${name} is not known here`)
    }
  }

  function ref(name: string): unknown {
    switch (name) {
      case 'AWS::NoValue':
        return noValue
      case 'AWS::Region':
        return region
      case 'AWS::AccountId':
        return accountId
      case 'AWS::Partition':
        return partition
      case 'AWS::URLSuffix':
        return urlSuffix
      case 'AWS::StackName':
        return stack.name
      case 'AWS::StackId':
        return `arn:${partition}:cloudformation:${region}:${accountId}:stack/${stack.name}/local`
    }
    const parameter = stack.template.Parameters[name]
    if (parameter === undefined) return references.ref(stack, name)
    if (parameter.Default === undefined) throw new Unresolvable(`the parameter ${name} has no default`)
    return parameter.Default
  }

  function substituteWith([source, variables]: readonly unknown[]): string {
    return substitute(text(source, 'Fn::Sub'), variables as Record<string, unknown>)
  }

  function substitute(source: string, variables: Readonly<Record<string, unknown>>): string {
    return source.replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`
      if (Object.hasOwn(variables, name)) return text(evaluate(variables[name]), 'Fn::Sub')
      return text(name.includes('.') ? call('Fn::GetAtt', name) : ref(name), 'Fn::Sub')
    })
  }
}

/** A reference may be made of parts, so they are looked for when everything else is known. */
function withoutReferences(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutReferences)
  if (typeof node === 'object' && node !== null) {
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, withoutReferences(child)]))
  }
  if (typeof node !== 'string') return node
  const text = withSecrets(node)
  if (text === null) throw new Unresolvable(`the dynamic reference in ${node} is not known here`)
  return text
}

/** Whether a condition of the stack holds. */
export function holds(condition: string, stack: Stack, references: References): boolean {
  const definition = stack.template.Conditions[condition]
  if (definition === undefined) throw new Unresolvable(`no condition ${condition}`)
  return Boolean(resolve(definition, stack, references))
}

function isIntrinsic(key: string, argument: unknown): boolean {
  // A policy statement has a Condition too, but never a text.
  return key === 'Ref' || key.startsWith('Fn::') || (key === 'Condition' && typeof argument === 'string')
}

function split(source: string, separator: string): readonly [string, string] {
  const at = source.indexOf(separator)
  return [source.slice(0, at), source.slice(at + separator.length)]
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Unresolvable(`${name} expects a list, received ${JSON.stringify(value)}`)
  return value
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new Unresolvable(`${name} expects text, received ${JSON.stringify(value) ?? String(value)}`)
}
