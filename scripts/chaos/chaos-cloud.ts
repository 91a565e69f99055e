import { createServer } from 'node:net'
import { ApiClient } from '../client/api-client.ts'
import { type RunningCloud, startCloud } from '../local/cloud-process.ts'
import type { FaultPlan } from '../local/faults/fault-plan.ts'
import type { FaultReport } from '../local/faults/faults.ts'

/** A session ends after an hour, and signing in counts as a guess. */
const sessionMs = 20 * 60_000

/** One local cloud of this run alone, which dies and comes back at the same address. */
export class ChaosCloud {
  readonly #port: number
  #cloud: RunningCloud
  #kills = 0
  #session: { readonly api: ApiClient; readonly since: number } | null = null
  readonly #injected = new Map<string, number>()
  readonly #death = Promise.withResolvers<never>()

  private constructor(port: number, cloud: RunningCloud) {
    this.#port = port
    this.#cloud = cloud
    cloud.died.catch(this.#death.reject)
  }

  static async start(dataDirectory: string): Promise<ChaosCloud> {
    const port = await freePort()
    return new ChaosCloud(port, await startCloud(dataDirectory, { args: ['--port', String(port)] }))
  }

  /** The same before and after a kill. */
  get url(): string {
    return this.#cloud.facts.url
  }

  get awsEndpoint(): string {
    return this.#cloud.facts.endpoints.s3
  }

  /** Rejects if it ends although this run has not killed it. */
  get died(): Promise<never> {
    return this.#death.promise
  }

  get kills(): number {
    return this.#kills
  }

  /** By kind, over all its lives; what was injected in the last moment before a kill is missing. */
  get injected(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#injected].sort())
  }

  /** The session of all clients: one person with many devices. */
  async signIn(): Promise<ApiClient> {
    if (this.#session === null || Date.now() - this.#session.since > sessionMs) {
      const { url, admin_email, admin_password } = this.#cloud.facts
      this.#session = { api: await ApiClient.signIn(url, admin_email, admin_password), since: Date.now() }
    }
    return this.#session.api
  }

  /** Ends it without a word, in the middle of whatever it does, and starts it again with this plan. */
  async killAndRestart(plan: FaultPlan): Promise<void> {
    await this.#count()
    await this.#cloud.kill()
    this.#kills += 1
    const args = ['--port', String(this.#port), '--faults', JSON.stringify(plan)]
    this.#cloud = await startCloud(this.#cloud.dataDirectory, { args })
    this.#cloud.died.catch(this.#death.reject)
  }

  async inject(plan: FaultPlan): Promise<void> {
    await this.#steer('PUT', '/_faults', plan)
  }

  async fireSchedule(name: string): Promise<void> {
    await this.#steer('POST', `/_schedules/${name}`)
  }

  /** Lets come again now what functions have received from a queue and not settled. */
  async release(queueName: string): Promise<void> {
    await this.#steer('POST', `/_queues/${queueName}`)
  }

  async stop(): Promise<void> {
    await this.#count()
    await this.#cloud.stop()
  }

  /** As it stands, perhaps already ended. */
  async abandon(): Promise<void> {
    await this.#cloud.stop()
  }

  async #count(): Promise<void> {
    const { injected } = (await this.#steer('GET', '/_faults')) as FaultReport
    for (const [kind, count] of Object.entries(injected)) {
      this.#injected.set(kind, (this.#injected.get(kind) ?? 0) + count)
    }
  }

  async #steer(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.awsEndpoint + path, {
      method,
      headers: { authorization: `Bearer ${this.#cloud.facts.steering_token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const answer: unknown = await response.json()
    if (!response.ok) throw new Error(`Expected ${method} ${path} to succeed, received ${JSON.stringify(answer)}`)
    return answer
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('Expected a port of 127.0.0.1.')
  return address.port
}
