const prefix = 'glowworm'

/** Words at the end of a logical id that only repeat the type of the resource. */
const typeWords = /-(bucket|table|queue|topic|function|layer|resource|distribution)$/

interface Named {
  readonly stackName: string
  readonly logicalId: string
}

/**
 * Names for resources of one type, made from nothing but their logical ids, so that the same app gets the same names
 * after every restart: `ImagesTable0B1F2A3C` becomes `glowworm-images`. Resources that would share a name get the
 * hash that CDK gave them, and their stack.
 */
export function physicalNames<Resource extends Named>(resources: readonly Resource[]): ReadonlyMap<Resource, string> {
  const sharing = Map.groupBy(resources, ({ logicalId }) => readableName(logicalId))
  return new Map(
    resources.map((resource) => {
      const name = readableName(resource.logicalId)
      const unique = sharing.get(name)?.length === 1
      return [resource, unique ? name : kebab(`${prefix}-${resource.stackName}-${resource.logicalId}`)]
    }),
  )
}

function readableName(logicalId: string): string {
  const words = kebab(logicalId.replace(/[0-9A-F]{8}$/, ''))
  const short = words.replace(new RegExp(`^${prefix}-`), '').replace(typeWords, '')
  return short === '' ? prefix : `${prefix}-${short}`
}

function kebab(id: string): string {
  return id
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
}
