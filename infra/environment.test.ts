import { describe, expect, it, vi } from 'vitest'
import type { readEnv } from '../functions/runtime/env.ts'
import { glowwormApp, templatesOf } from './testing/synthesize.ts'

const asked = vi.hoisted(() => new Set<string>())

/** Notes what a handler asks for at its cold start, and gives it something of the right form. */
vi.mock('../functions/runtime/env.ts', async (importOriginal) => {
  const original = await importOriginal<{ readEnv: typeof readEnv }>()
  const sample = (name: string) => {
    if (name === 'USE_QUEUE') return 'true'
    if (name.endsWith('_CONCURRENCY')) return '2'
    return name.endsWith('_ARN') ? 'arn:aws:sns:us-east-1:000000000000:topic' : 'https://example.com'
  }
  return {
    readEnv(names: Parameters<typeof readEnv>[0]) {
      for (const name of names) asked.add(name)
      return original.readEnv(names, Object.fromEntries(names.map((name) => [name, sample(name)])))
    },
  }
})

/** What the runtime and its libraries read by themselves. */
const forEveryFunction = [
  'STAGE',
  'LOG_LEVEL',
  'NODE_OPTIONS',
  'POWERTOOLS_SERVICE_NAME',
  'POWERTOOLS_METRICS_NAMESPACE',
]

describe('the environment of', () => {
  const { processing, api } = templatesOf(glowwormApp())
  const functions = [processing, api].flatMap((template) =>
    Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => {
      const variables = Object.keys(Properties.Environment.Variables)
      return { name: String(Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME), variables }
    }),
  )

  it.each(functions)('$name is what its handler asks for', async ({ name, variables }) => {
    asked.clear()
    await import(`../functions/handlers/${name}.ts`)
    // Given by whoever stands in for AWS, never by a template.
    asked.delete('AWS_ENDPOINT_URL')
    expect(variables.filter((variable) => !forEveryFunction.includes(variable)).toSorted()).toEqual(
      [...asked].toSorted(),
    )
  })
})
