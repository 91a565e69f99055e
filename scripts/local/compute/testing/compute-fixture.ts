import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished, vi } from 'vitest'
import type { CloudModel, EventSourceModel, FunctionModel, QueueModel } from '../../model.ts'
import { type Compute, type ComputeOptions, startCompute } from '../compute.ts'
import { InMemoryMessaging } from './in-memory-messaging.ts'

/** A folder of this test alone. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'glowworm-compute-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`
}

/** A function whose whole bundle is `code`. */
export function aFunction(code: string, overrides: Partial<FunctionModel> = {}): FunctionModel {
  const name = overrides.name ?? 'subject'
  const codeDirectory = join(temporaryFolder(), 'code')
  writeFiles(codeDirectory, { 'index.mjs': code })
  return {
    name,
    arn: functionArn(name),
    codeDirectory,
    handler: 'index.handler',
    layerDirectories: [],
    timeoutSeconds: 20,
    memoryMb: 256,
    environment: {},
    reservedConcurrency: null,
    maximumRetryAttempts: 2,
    onFailureQueueArn: null,
    ...overrides,
  }
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

export function aQueue(name: string, visibilityTimeoutSeconds = 30): QueueModel {
  return {
    name,
    arn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
    url: `http://127.0.0.1:1/000000000000/${name}`,
    visibilityTimeoutSeconds,
    retentionSeconds: 345_600,
    delaySeconds: 0,
    redrive: null,
  }
}

export function anEventSource(model: FunctionModel, queue: QueueModel, overrides: Partial<EventSourceModel> = {}) {
  return {
    functionArn: model.arn,
    queueArn: queue.arn,
    batchSize: 1,
    maximumBatchingWindowSeconds: 0,
    maximumConcurrency: null,
    reportBatchItemFailures: false,
    ...overrides,
  } satisfies EventSourceModel
}

export function aCloud(parts: Partial<CloudModel>): CloudModel {
  return {
    buckets: [],
    tables: [],
    queues: [],
    topics: [],
    subscriptions: [],
    userPools: [],
    functions: [],
    eventSources: [],
    schedules: [],
    httpApis: [],
    webSocketApis: [],
    distributions: [],
    ...parts,
  }
}

/** Stopped when the test is finished; fed from memory unless `options` say otherwise. */
export async function aCompute(parts: Partial<CloudModel>, options: Partial<ComputeOptions> = {}) {
  const messaging = new InMemoryMessaging()
  const logDirectory = temporaryFolder()
  const defaults = { model: aCloud(parts), awsEndpoint: 'http://127.0.0.1:1', logDirectory, messaging }
  const compute = await startCompute({ ...defaults, ...options })
  onTestFinished(() => compute.stop())
  return { compute, messaging, log: (name: string) => readFileSync(join(logDirectory, `${name}.log`), 'utf8') }
}

/** Runs the function now; what it returned, or its failure. */
export async function call(compute: Compute, event: unknown = {}, name = 'subject') {
  const { functionError, payload, requestId } = await compute.invoke(name, JSON.stringify(event), 'RequestResponse')
  return { functionError, requestId, value: JSON.parse(payload) }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Waits until `check` passes. */
export function eventually(check: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(check, { timeout: 20_000, interval: 20 })
}
