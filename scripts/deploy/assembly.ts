import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({ properties: z.object({ requiresBootstrapStackVersion: z.number().optional() }).optional() }),
  ),
})

const template = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z
        .object({ ScalingConfig: z.object({ MaximumConcurrency: z.number().optional() }).optional() })
        .optional(),
    }),
  ),
})

/** The version of the CDK's bootstrap that these templates need. */
export async function neededBootstrap(folder: string): Promise<number> {
  const { artifacts } = manifest.parse(await readJson(join(folder, 'manifest.json')))
  return Math.max(0, ...Object.values(artifacts).map((each) => each.properties?.requiresBootstrapStackVersion ?? 0))
}

/** How many executions the queues alone may start at once. */
export async function queueConcurrency(folder: string, stacks: readonly string[]): Promise<number> {
  const templates = await Promise.all(stacks.map((stack) => readJson(join(folder, `${stack}.template.json`))))
  return templates
    .flatMap((each) => Object.values(template.parse(each).Resources))
    .filter(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping')
    .reduce((sum, { Properties }) => sum + (Properties?.ScalingConfig?.MaximumConcurrency ?? 0), 0)
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8'))
}
