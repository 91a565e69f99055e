import { randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Compute, startCompute } from './compute/compute.ts'
import { DataDirectory, type LocalCloudFacts } from './data-directory.ts'
import type { FaultPlan } from './faults/fault-plan.ts'
import { Faults } from './faults/faults.ts'
import { injectFaults } from './faults/inject-faults.ts'
import { Cdn } from './gateway/cdn.ts'
import { FrontDoor } from './gateway/front-door.ts'
import type { Invoke } from './gateway/function-call.ts'
import { HttpApi } from './gateway/http-api.ts'
import type { SiteOrigin } from './gateway/site-files.ts'
import { WebSocketApi } from './gateway/websocket-api.ts'
import type { CloudModel, Running } from './model.ts'
import type { InvokeFunction } from './services/handlers.ts'
import { type Services, startServices } from './services/start-services.ts'
import { steering } from './steering.ts'
import { readCloudModel } from './template/read-cloud-model.ts'

const adminEmail = 'admin@example.com'

export interface LocalCloudOptions {
  /** Of the front door; 0 takes a free one. */
  readonly port: number
  readonly dataDirectory: string
  /** The cloud assembly to run. */
  readonly cdkOut: string
  readonly site: SiteOrigin
  /** Begins with empty data. */
  readonly reset: boolean
  /** What is to go wrong from the start; see `faults/`. */
  readonly faults?: FaultPlan | null
  /** Told, in one line, what goes wrong inside; the whole story is in the log. */
  readonly log: (line: string) => void
}

export interface LocalCloud extends Running {
  readonly facts: LocalCloudFacts
  /** Absolute. */
  readonly dataDirectory: string
  readonly logDirectory: string
  readonly model: CloudModel
  /** From the next invocation on the function runs what its code directory holds now; running ones finish. */
  replaceCode(functionName: string): void
  /** How many invocations of each function are under way; only of those that have any. */
  running(): Readonly<Record<string, number>>
}

/**
 * Starts everything that the template asks for, on 127.0.0.1 only, and resolves when it can be used.
 * @throws DataInUse, TemplateRefused, or the system's `EADDRINUSE` if the port of the front door is taken
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const started: (() => Promise<void>)[] = []
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end()
  }
  try {
    const data = await DataDirectory.open(options.dataDirectory)
    started.push(() => data.close())
    if (options.reset) await data.reset()
    const logDirectory = join(data.path, 'logs')
    const faults = openFaultLog(logDirectory, options.log)
    started.push(() => faults.close())

    const injected = new Faults(faults.note)
    if (options.faults) injected.set(options.faults)
    const injection = injectFaults(injected)
    const steeringToken = randomBytes(24).toString('base64url')

    // Everything else has the two addresses in its environment, so they come first.
    const frontDoor = await FrontDoor.listen(options.port, faults.report)
    started.push(() => frontDoor.stop())
    const endpointPort = await data.endpointPort()
    const awsEndpoint = `http://127.0.0.1:${endpointPort}`
    const model = await readCloudModel(options.cdkOut, { aws: awsEndpoint, frontDoor: frontDoor.url })

    const later: { compute: Compute | null } = { compute: null }
    const computeNow = (): Compute => {
      if (later.compute === null) throw Object.assign(new Error('No function runs yet.'), { statusCode: 503 })
      return later.compute
    }
    const invoke: Invoke = async (arn, payload) => computeNow().invoke(arn, payload, 'RequestResponse')
    const sockets = new WebSocketApi(onlyOne('WebSocket API', model.webSocketApis), invoke, faults.report)
    const services: Services = await startServices({
      model,
      dataDirectory: data.path,
      port: endpointPort,
      handlers: { invoke: lambdaInvoke(computeNow), sockets: injection.sockets(sockets) },
      hooks: injection.calls,
      beforeDisk: injection.beforeDisk,
      steer: steering({
        token: steeringToken,
        faults: injected,
        fireSchedule: (name) => computeNow().fireSchedule(name),
        release: (queueName) => services.release(queueName),
      }),
      onFault: faults.report,
    })
    started.push(() => services.stop())
    const compute = await startCompute({
      model,
      awsEndpoint,
      logDirectory,
      // Beside the code, with which it goes.
      compileCacheDirectory: join(options.cdkOut, 'compile-cache'),
      messaging: injection.messaging(services.messaging),
      hook: injection.invocations,
      clockAheadMs: () => injected.clockAheadMs,
    })
    later.compute = compute
    started.push(() => compute.stop())

    const adminPassword = await data.adminPassword()
    await services.ensureAdmin(adminEmail, adminPassword)
    const { site } = options
    frontDoor.open({ cdn: cdnOf(model, services, invoke, site), sockets, site })
    // The door closes before what is behind it goes.
    started.push(() => frontDoor.stop())

    const facts: LocalCloudFacts = {
      url: frontDoor.url,
      api_url: `${frontDoor.url}/api`,
      ws_url: `${frontDoor.url.replace(/^http/, 'ws')}/ws`,
      admin_email: adminEmail,
      admin_password: adminPassword,
      pid: process.pid,
      steering_token: steeringToken,
      endpoints: { s3: awsEndpoint, sqs: awsEndpoint, sns: awsEndpoint, dynamodb: awsEndpoint, lambda: awsEndpoint },
    }
    await data.announce(facts)
    return {
      facts,
      dataDirectory: data.path,
      logDirectory,
      model,
      replaceCode: (functionName) => compute.replaceCode(functionName),
      running: () => runningOf(compute),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function cdnOf(model: CloudModel, services: Services, invoke: Invoke, site: SiteOrigin): Cdn {
  return new Cdn(onlyOne('CloudFront distribution', model.distributions), {
    objects: services.objects,
    httpApis: new Map(model.httpApis.map((api) => [api.id, new HttpApi(api, invoke)])),
    site,
  })
}

function runningOf(compute: Compute): Record<string, number> {
  const counts = Object.entries(compute.statistics()).map(([name, { running }]) => [name, running] as const)
  return Object.fromEntries(counts.filter(([, running]) => running > 0))
}

/** The Lambda API, as the services serve it, on the compute. */
function lambdaInvoke(compute: () => Compute): InvokeFunction {
  return async (functionName, payload, type) => {
    try {
      const result = await compute().invoke(functionName, payload.toString('utf8'), type)
      return {
        status: result.statusCode,
        payload: Buffer.from(result.payload),
        ...(result.functionError !== null && { functionError: result.functionError }),
      }
    } catch (error) {
      if (!(error instanceof Error && 'statusCode' in error)) throw error
      return { status: Number(error.statusCode), payload: Buffer.from(JSON.stringify({ Message: error.message })) }
    }
  }
}

function onlyOne<Model>(what: string, models: readonly Model[]): Model {
  const [only, ...others] = models
  if (only !== undefined && others.length === 0) return only
  throw new Error(`Expected the template to have one ${what}, found ${models.length}: there is one front door.`)
}

/** Faults of the local cloud itself: all of it in `_cloud.log`, a line of it to whoever looks on. */
function openFaultLog(directory: string, log: (line: string) => void) {
  mkdirSync(directory, { recursive: true })
  const file = createWriteStream(join(directory, '_cloud.log'), { flags: 'a', mode: 0o600 })
  // What cannot be written, or comes after the end, is lost; the cloud goes on.
  file.on('error', () => {})
  const note = (line: string) => void file.write(`${new Date().toISOString()} ${line}\n`)
  return {
    note: (line: string) => note(`injected ${line}`),
    report: (fault: unknown, what: string) => {
      const story = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)
      note(`${what}: ${story}`)
      log(`${what}: ${fault instanceof Error ? fault.message : String(fault)}`)
    },
    close: () => new Promise<void>((resolve) => file.end(resolve)),
  }
}
