import { createServer } from 'node:net'
import { ApiClient } from '../client/api-client.ts'
import { type RunningCloud, startCloud } from '../local/cloud-process.ts'
import type { FaultPlan } from '../local/faults/fault-plan.ts'
import type { FaultReport } from '../local/faults/faults.ts'
import type { ReleasedMessage } from '../local/services/messaging-port.ts'

/** A session ends after an hour, and signing in counts as a guess. */
const sessionMs = 20 * 60_000

/**
 * One local cloud of this run alone, which dies and comes back at the same address. Functions are told of a time that is
 * ahead of the real one, and never goes back; it leaps only while no worker lives, so that the lease of a living one holds.
 */
export class ChaosCloud {
  readonly #options: readonly string[]
  #cloud: RunningCloud
  #kills = 0
  #aheadSeconds = 0
  #session: { readonly api: Promise<ApiClient>; readonly since: number } | null = null
  readonly #injected = new Map<string, number>()
  readonly #death = Promise.withResolvers<never>()

  private constructor(options: readonly string[], cloud: RunningCloud) {
    this.#options = options
    this.#cloud = cloud
    cloud.died.catch(this.#death.reject)
  }

  static async start(dataDirectory: string, useQueue: boolean): Promise<ChaosCloud> {
    const port = await freePort()
    const options = ['--port', String(port), ...(useQueue ? [] : ['--no-queue'])]
    return new ChaosCloud(options, await startCloud(dataDirectory, { args: options }))
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

  /** As functions are told. */
  get now(): Date {
    return new Date(Date.now() + this.#aheadSeconds * 1_000)
  }

  /** By kind, over all its lives; what was injected in the last moment before a kill is missing. */
  get injected(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#injected].sort())
  }

  /** The session of all clients: one person with many devices. */
  async signIn(): Promise<ApiClient> {
    if (this.#session === null || Date.now() - this.#session.since > sessionMs) {
      const { url, admin_email, admin_password } = this.#cloud.facts
      const session = { api: ApiClient.signIn(url, admin_email, admin_password), since: Date.now() }
      this.#session = session
      // Whoever asks next tries again.
      session.api.catch(() => {
        if (this.#session === session) this.#session = null
      })
    }
    return this.#session.api
  }

  /** Ends it without a word, in the middle of whatever it does, and starts it again with this plan, so much later. */
  async killAndRestart(plan: FaultPlan, laterSeconds = 0): Promise<void> {
    await this.#count()
    await this.#cloud.kill()
    this.#kills += 1
    this.#aheadSeconds += laterSeconds
    const args = [...this.#options, '--faults', JSON.stringify(this.#timed(plan))]
    this.#cloud = await startCloud(this.#cloud.dataDirectory, { args })
    this.#cloud.died.catch(this.#death.reject)
    // A session is as old as functions say that it is.
    this.#session = null
  }

  /** @param laterSeconds only while nothing goes on */
  async inject(plan: FaultPlan, laterSeconds = 0): Promise<void> {
    this.#aheadSeconds += laterSeconds
    await this.#steer('PUT', '/_faults', this.#timed(plan))
  }

  async fireSchedule(name: string): Promise<void> {
    await this.#steer('POST', `/_schedules/${name}`)
  }

  /** Lets come again now what functions have received from a queue and not settled. */
  async release(queueName: string): Promise<readonly ReleasedMessage[]> {
    const answer = await this.#steer('POST', `/_queues/${queueName}`)
    return (answer as { readonly released: readonly ReleasedMessage[] }).released
  }

  async stop(): Promise<void> {
    await this.#count()
    await this.#cloud.stop()
  }

  /** As it stands, perhaps already ended. */
  async abandon(): Promise<void> {
    await this.#cloud.stop()
  }

  #timed(plan: FaultPlan): FaultPlan {
    return { ...plan, clock_ahead_seconds: this.#aheadSeconds }
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
