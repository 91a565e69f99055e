import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { neededBootstrap, queueConcurrency } from './assembly.ts'

let folder: string
const write = (name: string, content: unknown) => writeFile(join(folder, name), JSON.stringify(content))
const fromQueue = (MaximumConcurrency?: number) => ({
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: MaximumConcurrency === undefined ? {} : { ScalingConfig: { MaximumConcurrency } },
})

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glowworm-assembly-'))
  await write('manifest.json', {
    artifacts: {
      tree: {},
      storage: { properties: { requiresBootstrapStackVersion: 6 } },
      api: { properties: { requiresBootstrapStackVersion: 8 } },
    },
  })
  const others = { Queue: { Type: 'AWS::SQS::Queue' }, Fn: { Type: 'AWS::Lambda::Function', Properties: {} } }
  await write('processing.template.json', { Resources: { ...others, High: fromQueue(4), Low: fromQueue(2) } })
  await write('api.template.json', { Resources: { Backfill: fromQueue(3), Stream: fromQueue() } })
  await write('site.template.json', { Resources: { Never: fromQueue(1000) } })
})
afterAll(() => rm(folder, { recursive: true }))

it('the bootstrap has to be as new as the most demanding stack wants it', async () => {
  expect(await neededBootstrap(folder)).toBe(8)
})

it('the queues of the stacks that are deployed may run as many functions as all of them together', async () => {
  expect(await queueConcurrency(folder, ['processing', 'api'])).toBe(9)
})
