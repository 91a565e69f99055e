import type {
  Messaging,
  QueueCounts,
  ReceivedMessage,
  ReceiveOptions,
  SendOptions,
} from '../services/messaging-port.ts'
import type { FaultPlan, RuleAbout } from './fault-plan.ts'
import { type Faults, fits } from './faults.ts'

/** How soon it is noticed that the plan has ended by which a message is held. */
const planCheckMs = 250

/** What is to be overtaken waits no longer for something that could. */
const reorderPatienceMs = 2_000

interface Held {
  readonly message: ReceivedMessage
  readonly dueAt: number
  readonly untilOvertaken: boolean
  /** It ends with this plan. */
  readonly plan: FaultPlan | null
}

/** Queues as the compute sees them, with faults on the way from a queue to its function. What is held is still in flight. */
export class FaultyMessaging implements Messaging {
  readonly #queues: Messaging
  readonly #faults: Faults
  readonly #viaOf: (queueName: string) => 'sqs' | 'sns' | 'invocation'
  readonly #held = new Map<string, Held[]>()

  constructor(queues: Messaging, faults: Faults, viaOf: (queueName: string) => 'sqs' | 'sns' | 'invocation') {
    this.#queues = queues
    this.#faults = faults
    this.#viaOf = viaOf
  }

  async receive(queueName: string, options: ReceiveOptions, signal: AbortSignal): Promise<readonly ReceivedMessage[]> {
    const deadline = performance.now() + options.waitMs
    for (;;) {
      const due = this.#takeDue(queueName, options.max)
      if (due.length > 0) return due
      const patience = Math.max(0, Math.min(deadline, this.#nextDue(queueName)) - performance.now())
      const received = await this.#queues.receive(queueName, this.#adjust(queueName, options, patience), signal)
      const handed: ReceivedMessage[] = []
      for (const message of received) if (await this.#arrives(queueName, message)) handed.push(message)
      if (handed.length > 0) this.#overtake(queueName)
      if (handed.length > 0 || signal.aborted || performance.now() >= deadline) return handed
    }
  }

  delete(queueName: string, receiptHandle: string): Promise<void> {
    return this.#queues.delete(queueName, receiptHandle)
  }

  changeVisibility(queueName: string, receiptHandle: string, seconds: number): Promise<void> {
    return this.#queues.changeVisibility(queueName, receiptHandle, seconds)
  }

  send(queueName: string, body: string, options?: SendOptions): Promise<string> {
    return this.#queues.send(queueName, body, options)
  }

  counts(queueName: string): Promise<QueueCounts> {
    return this.#queues.counts(queueName)
  }

  #adjust(queueName: string, options: ReceiveOptions, waitMs: number): ReceiveOptions {
    const ofQueue = this.#viaOf(queueName) === 'sqs' ? this.#faults.visibilitySeconds : null
    return { ...options, waitMs, visibilitySeconds: options.visibilitySeconds ?? ofQueue }
  }

  /** Whether the message reaches its function now. */
  async #arrives(queueName: string, message: ReceivedMessage): Promise<boolean> {
    const via = this.#viaOf(queueName)
    const rule = this.#faults.strike('delivery', `${queueName} ${message.messageId}`, (candidate) => {
      return candidate.via === via && fits(candidate.to, queueName)
    })
    if (rule === null) return true
    return await this.#effects[rule.effect](queueName, message, rule)
  }

  readonly #effects: Record<
    RuleAbout<'delivery'>['effect'],
    (queueName: string, message: ReceivedMessage, rule: RuleAbout<'delivery'>) => boolean | Promise<boolean>
  > = {
    drop: async (queueName, { receiptHandle }, { ms }) => {
      if (ms !== undefined) await this.#queues.changeVisibility(queueName, receiptHandle, Math.ceil(ms / 1000))
      return false
    },
    duplicate: (queueName, message) => {
      this.#hold(queueName, { message, dueAt: performance.now(), untilOvertaken: false })
      return true
    },
    delay: (queueName, message, { ms = 0 }) => {
      this.#hold(queueName, { message, dueAt: performance.now() + ms, untilOvertaken: false })
      return false
    },
    reorder: (queueName, message) => {
      this.#hold(queueName, { message, dueAt: performance.now() + reorderPatienceMs, untilOvertaken: true })
      return false
    },
  }

  #hold(queueName: string, held: Omit<Held, 'plan'>): void {
    this.#held.set(queueName, [...(this.#held.get(queueName) ?? []), { ...held, plan: this.#faults.plan }])
  }

  #takeDue(queueName: string, max: number): readonly ReceivedMessage[] {
    const held = this.#held.get(queueName) ?? []
    const isDue = ({ dueAt, plan }: Held) => dueAt <= performance.now() || plan !== this.#faults.plan
    const due = held.filter(isDue).slice(0, max)
    this.#held.set(
      queueName,
      held.filter((one) => !due.includes(one)),
    )
    return due.map(({ message }) => message)
  }

  /** When there may be something to hand over that is held now. */
  #nextDue(queueName: string): number {
    const held = this.#held.get(queueName) ?? []
    return Math.min(...held.map(({ dueAt }) => Math.min(dueAt, performance.now() + planCheckMs)))
  }

  /** Something has gone ahead: what waited for that is due. */
  #overtake(queueName: string): void {
    const held = this.#held.get(queueName) ?? []
    this.#held.set(
      queueName,
      held.map((one) => (one.untilOvertaken ? { ...one, dueAt: 0 } : one)),
    )
  }
}
