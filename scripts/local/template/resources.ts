import type { z } from 'zod'
import type { Assembly, Resource, Stack } from './assembly.ts'
import type { Complaint } from './complaints.ts'
import { type Endpoints, type Identity, identify, nameProperty } from './identities.ts'
import { holds, type References, resolve, Unresolvable } from './intrinsics.ts'
import { physicalNames } from './physical-names.ts'
import { isHarmless } from './properties.ts'

interface Declared {
  readonly stack: Stack
  readonly logicalId: string
  readonly resource: Resource
  readonly identity: Identity
}

/** A resource whose properties are resolved and checked. */
export interface ResourceOf<Properties> extends Identity {
  readonly stackName: string
  readonly logicalId: string
  readonly properties: Properties
}

/** Every resource of all stacks; whoever reads a type makes it a known one. Complaints gather until the end. */
export class Resources {
  readonly complaints: Complaint[] = []
  readonly #declared: readonly Declared[]
  readonly #readTypes = new Set<string>()
  readonly #references: References

  constructor(assembly: Assembly, endpoints: Endpoints) {
    const identities = new Map<string, Identity>()
    const identityOf = (stack: Stack, logicalId: string): Identity => {
      const identity = identities.get(`${stack.name}.${logicalId}`)
      if (identity === undefined) throw new Unresolvable(`there is no resource ${logicalId} in ${stack.name}`)
      return identity
    }
    this.#references = {
      ref: (stack, logicalId) => identityOf(stack, logicalId).ref,
      attribute: (stack, logicalId, name) => {
        const value = identityOf(stack, logicalId).attributes[name]
        if (value === undefined) throw new Unresolvable(`the attribute ${name} of ${logicalId} is not known here`)
        return value
      },
      importValue: (exportName) => this.#importValue(assembly, exportName),
    }

    const present = assembly.stacks.flatMap((stack) =>
      Object.entries(stack.template.Resources)
        .filter(([, { Condition }]) => Condition === undefined || holds(Condition, stack, this.#references))
        .map(([logicalId, resource]) => ({ stack, stackName: stack.name, logicalId, resource })),
    )
    for (const [type, ofType] of Map.groupBy(present, ({ resource }) => resource.Type)) {
      const names = physicalNames(ofType)
      for (const one of ofType) {
        const name = this.#givenName(one.stack, one.resource) ?? names.get(one) ?? one.logicalId
        identities.set(`${one.stackName}.${one.logicalId}`, identify(type, name, one.resource.Properties, endpoints))
      }
    }
    this.#declared = present.map((one) => ({ ...one, identity: identityOf(one.stack, one.logicalId) }))
  }

  /** All resources of a type. One whose properties are not as the schema says is left out, and complained about. */
  read<Schema extends z.ZodObject>(type: string, schema: Schema): readonly ResourceOf<z.output<Schema>>[] {
    this.#readTypes.add(type)
    return this.#declared
      .filter(({ resource }) => resource.Type === type)
      .flatMap(({ stack, logicalId, resource, identity }) => {
        const properties = this.#parse(stack, logicalId, resource, schema)
        if (properties === null) return []
        return [{ stackName: stack.name, logicalId, properties, ...identity }]
      })
  }

  /** Among the references of `read` resources, HTTP and WebSocket APIs look alike. */
  readonly isWebSocketApi = (apiId: string): boolean =>
    this.#declared.some(
      ({ resource, identity }) =>
        identity.ref === apiId &&
        resource.Type === 'AWS::ApiGatewayV2::Api' &&
        resource.Properties.ProtocolType === 'WEBSOCKET',
    )

  complain(about: Pick<ResourceOf<unknown>, 'stackName' | 'logicalId'>, property: string, problem: string): void {
    this.complaints.push({ stack: about.stackName, logicalId: about.logicalId, property, problem })
  }

  /** Complains about every resource of a type that nobody has read and that is not harmless. */
  refuseOthers(isHarmlessType: (type: string) => boolean): void {
    for (const { stack, logicalId, resource } of this.#declared) {
      if (this.#readTypes.has(resource.Type) || isHarmlessType(resource.Type)) continue
      this.complaints.push({
        stack: stack.name,
        logicalId,
        property: '',
        problem: `the resource type ${resource.Type} is not known here`,
      })
    }
  }

  #parse<Schema extends z.ZodObject>(
    stack: Stack,
    logicalId: string,
    resource: Resource,
    schema: Schema,
  ): z.output<Schema> | null {
    const before = this.complaints.length
    const complain = (property: string, problem: string) =>
      this.complaints.push({ stack: stack.name, logicalId, property, problem })
    const resolved: Record<string, unknown> = {}
    for (const [property, value] of Object.entries(resource.Properties)) {
      const expected = schema.shape[property] as z.ZodType | undefined
      if (expected !== undefined && isHarmless(expected)) continue
      try {
        const outcome = resolve(value, stack, this.#references)
        if (outcome !== undefined) resolved[property] = outcome
      } catch (error) {
        if (!(error instanceof Unresolvable)) throw error
        // A property that nobody knows is refused for that alone.
        if (expected !== undefined) complain(property, error.message)
        else complain(property, `this property of ${resource.Type} is not known here`)
      }
    }
    if (this.complaints.length > before) return null
    const result = schema.safeParse(resolved)
    if (result.success) return result.data
    for (const issue of result.error.issues) {
      if (issue.code === 'unrecognized_keys') {
        for (const key of issue.keys) {
          complain(pathOf([...issue.path, key]), `this property of ${resource.Type} is not known here`)
        }
      } else {
        complain(pathOf(issue.path), issue.message)
      }
    }
    return null
  }

  #givenName(stack: Stack, resource: Resource): string | undefined {
    const given = resource.Properties[nameProperty(resource.Type) ?? '']
    return given === undefined ? undefined : String(resolve(given, stack, this.#references))
  }

  #importValue(assembly: Assembly, exportName: string): unknown {
    for (const stack of assembly.stacks) {
      for (const output of Object.values(stack.template.Outputs)) {
        if (output.Export !== undefined && resolve(output.Export.Name, stack, this.#references) === exportName) {
          return resolve(output.Value, stack, this.#references)
        }
      }
    }
    throw new Unresolvable(`no stack exports ${exportName}`)
  }
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${String(part)}`))
    .join('')
}
