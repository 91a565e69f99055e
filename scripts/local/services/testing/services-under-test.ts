import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { CloudModel } from '../../model.ts'
import { localCredentials } from '../credentials.ts'
import type { Handlers } from '../handlers.ts'
import { type Services, type ServicesOptions, startServices } from '../start-services.ts'
import { cloudModel } from './cloud-model.ts'

export interface ServicesUnderTest extends Services {
  readonly dataDirectory: string
  readonly faults: readonly unknown[]
  /** Configuration of any SDK client. */
  readonly client: ReturnType<typeof clientConfiguration>
  /** Stops, then starts again on the same data with the same or another model. */
  restart(model?: (url: string) => CloudModel): Promise<ServicesUnderTest>
}

type Options = Partial<Pick<ServicesOptions, 'hooks' | 'beforeDisk' | 'steer' | 'dataDirectory'>> & {
  readonly model?: (url: string) => CloudModel
  readonly handlers?: Partial<Handlers>
}

/** Running services with data of their own; both are gone when the test is. */
export async function startServicesUnderTest(options: Options = {}): Promise<ServicesUnderTest> {
  const dataDirectory = options.dataDirectory ?? (await temporaryDirectory())
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const faults: unknown[] = []
  const services = await startServices({
    model: (options.model ?? cloudModel)(url),
    dataDirectory,
    port,
    handlers: {
      invoke: unexpected,
      sockets: { post: unexpected, delete: unexpected, get: unexpected },
      ...options.handlers,
    },
    onFault: (fault) => faults.push(fault),
    ...(options.hooks !== undefined && { hooks: options.hooks }),
    ...(options.beforeDisk !== undefined && { beforeDisk: options.beforeDisk }),
    ...(options.steer !== undefined && { steer: options.steer }),
  })
  onTestFinished(() => services.stop())
  return {
    ...services,
    dataDirectory,
    faults,
    client: clientConfiguration(url),
    restart: async (model = options.model ?? cloudModel) => {
      await services.stop()
      return await startServicesUnderTest({ ...options, dataDirectory, model })
    },
  }
}

/** Settings with which the SDK reaches an endpoint of the local cloud. */
export function clientConfiguration(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: localCredentials,
    maxAttempts: 1,
    forcePathStyle: true,
  }
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'glowworm-services-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function unexpected(): Promise<never> {
  throw new Error('This test calls no handler.')
}
