import { afterEach, describe, expect, it, vi } from 'vitest'
import { glowwormApp, templatesOf } from '../infra/testing/synthesize.ts'

/** Environment variables of each function, by its name; what CloudFormation fills in stands in as a plausible value. */
function environments(): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const { api, processing } = templatesOf(glowwormApp())
  const functions = [api, processing].flatMap((template) =>
    Object.values(template.findResources('AWS::Lambda::Function')),
  )
  return new Map(
    functions.map(({ Properties }) => {
      const variables = Properties.Environment.Variables as Record<string, unknown>
      const filled = Object.entries(variables).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : standInFor(name),
      ])
      return [variables.POWERTOOLS_SERVICE_NAME as string, Object.fromEntries(filled)] as const
    }),
  )
}

function standInFor(variable: string): string {
  if (variable.endsWith('_ARN')) return 'arn:aws:sns:us-east-1:000000000000:updates'
  if (/_URL$|_ENDPOINT$|_ISSUER$/.test(variable)) return 'https://example.org/path'
  return 'name'
}

describe('the environment that the stacks give to', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
    vi.resetModules()
  })

  it.each([...environments()])('%s is all that its handler asks for', async (name, environment) => {
    for (const variable of Object.keys(process.env).filter((each) => each.startsWith('AWS_'))) {
      vi.stubEnv(variable, undefined)
    }
    vi.stubEnv('AWS_REGION', 'us-east-1')
    for (const [variable, value] of Object.entries(environment)) vi.stubEnv(variable, value)
    const module = await import(`../functions/handlers/${name}.ts`)
    expect(module.handler).toBeTypeOf('function')
  })
})
