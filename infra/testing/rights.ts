import type { Template } from 'aws-cdk-lib/assertions'

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Condition?: { readonly 'ForAllValues:StringLike'?: { readonly 'dynamodb:LeadingKeys'?: unknown } }
}

export interface Right {
  readonly action: string
  /** As a reader would name it: `ImagesTable`, `OriginalsBucket/originals/*`, `SettingsTable[checkpoint:*]`. */
  readonly resource: string
}

export type RightsByFunction = ReadonlyMap<string, readonly Right[]>

/** What the role of each function allows, by the name of the function. */
export function rightsByFunction(template: Template): RightsByFunction {
  const policies = Object.values(template.findResources('AWS::IAM::Policy'))
  const functions = Object.values(template.findResources('AWS::Lambda::Function'))
  return new Map(
    functions.map(({ Properties: fn }) => {
      const role = fn.Role['Fn::GetAtt'][0]
      const log = readable(fn.LoggingConfig.LogGroup)
      const rights = policies
        .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === role))
        .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
        .flatMap(rightsOf)
        .map((right) => (right.resource === log ? { ...right, resource: 'its own log' } : right))
      return [fn.Environment.Variables.POWERTOOLS_SERVICE_NAME, rights]
    }),
  )
}

/** One block per function, one line per resource: what a reviewer should see of a change of rights. */
export function describeRights(byFunction: RightsByFunction): string {
  const all = [...byFunction.values()]
  const isCommon = (right: Right) => all.every((rights) => rights.some((each) => isSame(each, right)))
  const blocks = [...byFunction]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, rights]) =>
      describeBlock(
        name,
        rights.filter((right) => !isCommon(right)),
      ),
    )
  return [describeBlock('every function', all[0]?.filter(isCommon) ?? []), ...blocks].join('\n')
}

function describeBlock(title: string, rights: readonly Right[]): string {
  const byResource = Map.groupBy(rights, ({ resource }) => resource)
  const lines = [...byResource].map(([resource, entries]) => {
    const actions = entries.map(({ action }) => action).sort()
    return `  ${resource}: ${actions.join(', ')}`
  })
  return `${[title, ...lines.sort()].join('\n')}\n`
}

function rightsOf({ Action, Resource, Condition }: Statement): Right[] {
  const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys']
  const suffix = keys === undefined ? '' : `[${[keys].flat().join(', ')}]`
  const resources = [Resource].flat().map((resource) => readable(resource) + suffix)
  return [Action].flat().flatMap((action) => resources.map((resource) => ({ action, resource })))
}

function isSame(a: Right, b: Right): boolean {
  return a.action === b.action && a.resource === b.resource
}

const hash = '[0-9A-F]{8}'

/** A reference of CloudFormation without the parts that CDK adds to make it unique. */
export function readable(reference: unknown): string {
  if (typeof reference === 'string') return reference
  const [kind, value] = Object.entries(reference as Record<string, unknown>)[0] ?? []
  switch (kind) {
    case 'Ref':
      return withoutHash(String(value)).replace(/^AWS::/, '')
    case 'Fn::GetAtt':
      return withoutHash((value as [string, string])[0])
    case 'Fn::ImportValue':
      return String(value).replace(new RegExp(`^.*:ExportsOutput(?:FnGetAtt|Ref)(\\w+?)${hash}(?:\\w+)?$`), '$1')
    case 'Fn::Join':
      return (value as [string, unknown[]])[1].map(readable).join('')
    default:
      throw new Error(`Expected a reference, received ${JSON.stringify(reference)}`)
  }
}

function withoutHash(logicalId: string): string {
  return logicalId.replace(new RegExp(`${hash}$`), '')
}
