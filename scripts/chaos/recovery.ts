import { setTimeout as wait } from 'node:timers/promises'
import { redriveResponse } from '@glowworm/events/http-api'
import type { RandomSequence } from '../local/faults/random.ts'
import { asynchronousQueueName } from '../local/services/internal-queues.ts'
import type { Finding } from './audit.ts'
import type { ChaosCloud } from './chaos-cloud.ts'
import type { OutsideView } from './outside-view.ts'
import { persist } from './persistent-calls.ts'
import { lookForUnrest, type Unrest, untilQuiet } from './quiet.ts'
import { auditWaits } from './waits.ts'

const schedules = {
  sweeps: 'glowworm-every-minute-rule-Target0',
  reconciliations: 'glowworm-every-day-rule-Target0',
} as const

const betweenRoundsMs = 1_000

/** So long a person presses the button of a redrive again. */
const patienceMs = 5 * 60_000

/** What has a cloud find its rest: its schedules, and the person who redrives. It also lets come now what waits. */
export class Recovery {
  readonly #cloud: ChaosCloud
  readonly #view: OutsideView
  readonly #findings: Finding[] = []
  /** How often each was done, what redrives took, and how long the longest wait would have been that was cut short. */
  readonly counts = {
    sweeps: 0,
    reconciliations: 0,
    redrives: 0,
    'dead letters': 0,
    'waits cut short': 0,
    'seconds of the longest': 0,
  }

  constructor(cloud: ChaosCloud, view: OutsideView) {
    this.#cloud = cloud
    this.#view = view
  }

  /** What did not come to rest, or would have waited for too long. */
  get findings(): readonly Finding[] {
    return this.#findings
  }

  /** What would come by itself in a minute, in hours, or when somebody looks: each of it perhaps, and perhaps twice at once. */
  async tend(random: RandomSequence): Promise<void> {
    await this.#fire('sweeps', random() < 0.2 ? 2 : 1)
    if (random() < 0.5) await this.#fire('reconciliations', random() < 0.2 ? 2 : 1)
    if (random() < 0.3) await this.#redriveOnce()
  }

  /** While everything still goes wrong: rounds of `tend`, fewer if all has come to rest. */
  async tendAll(rounds: number, random: RandomSequence): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await this.tend(random)
      await wait(betweenRoundsMs)
      const unrest = await lookForUnrest(this.#view)
      if (unrest === null) return
      await this.#release(unrest)
    }
  }

  /** Waits until nothing goes on any more. */
  async rest(what: string): Promise<void> {
    const unrest = await untilQuiet(this.#view, (unrest) => this.#hurry(unrest))
    if (unrest !== null) this.#findings.push(`not quiet ${what}: ${JSON.stringify(unrest).slice(0, 2_000)}`)
  }

  /**
   * Has schedules do their work, which may be more than one turn of them can do: until nothing is left, or a turn
   * changes nothing any more.
   */
  async work(turn: readonly (keyof typeof schedules)[], countLeft: () => Promise<number>): Promise<void> {
    let before: number
    let left = Number.POSITIVE_INFINITY
    do {
      before = left
      for (const schedule of turn) await this.#fire(schedule, 1)
      // Until they are in their queues, there is nothing to be seen of them.
      await wait(betweenRoundsMs)
      await this.rest(`after ${turn.join(' and ')}`)
      left = await countLeft()
    } while (left > 0 && left !== before)
  }

  /** Until there is no dead letter that can be redriven. */
  async redriveAll(): Promise<void> {
    while ((await this.#redriveOnce()) > 0);
    await this.rest('after the redrive')
  }

  /** How many letters it took. */
  async #redriveOnce(): Promise<number> {
    const deadline = Date.now() + patienceMs
    const api = await persist(() => this.#cloud.signIn(), deadline)
    const answer = await persist(() => api.call('POST', '/api/processing/redrive'), deadline)
    this.counts.redrives += 1
    const { redriven, dropped } = redriveResponse.parse(answer)
    this.counts['dead letters'] += redriven + dropped
    return redriven + dropped
  }

  async #fire(schedule: keyof typeof schedules, times: number): Promise<void> {
    for (let time = 0; time < times; time++) await this.#cloud.fireSchedule(schedules[schedule])
    this.counts[schedule] += times
  }

  /** The sweep of the next minute comes now. */
  async #hurry(unrest: Unrest): Promise<void> {
    if (!unrest.queues.some(({ name }) => isQueueOfTheSweep(name))) await this.#fire('sweeps', 1)
    await this.#release(unrest)
  }

  /**
   * So do jobs that were told to come back when a worker is dead. Not while one is alive or a retry is not due: it would
   * be told to come back again, and that counts as a delivery.
   */
  async #release({ queues, images }: Unrest): Promise<void> {
    const now = this.#cloud.now.getTime()
    const isAhead = ({ lease, next_retry_at: again }: Unrest['images'][number]) =>
      (lease !== null && lease.expires_at > now) || (again !== null && Date.parse(again) > now)
    if (images.some(isAhead)) return
    for (const { name, inFlight } of queues) {
      if (!isJobQueue(name) || inFlight === 0) continue
      const released = await this.#cloud.release(name)
      this.#findings.push(...auditWaits(released, images))
      this.counts['waits cut short'] += released.length
      const longest = Math.max(0, ...released.map(({ secondsLeft }) => Math.round(secondsLeft)))
      this.counts['seconds of the longest'] = Math.max(this.counts['seconds of the longest'], longest)
    }
  }
}

const isQueueOfTheSweep = (name: string): boolean => name === asynchronousQueueName('glowworm-sweep')
const isJobQueue = (name: string): boolean => name.startsWith('glowworm-jobs-')
