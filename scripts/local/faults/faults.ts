import { wildcards } from '../gateway/wildcards.ts'
import type { FaultPlan, FaultRule, RuleAbout } from './fault-plan.ts'
import { type RandomSequence, randomSequence } from './random.ts'

/** How often a rule had the occasion, and how often it struck. */
export interface RuleReport {
  readonly rule: FaultRule
  readonly met: number
  readonly injected: number
}

export interface FaultReport {
  readonly plan: FaultPlan | null
  readonly rules: readonly RuleReport[]
  /** By `on/effect`, of all plans since the start. */
  readonly injected: Readonly<Record<string, number>>
}

interface ActiveRule {
  readonly rule: FaultRule
  readonly random: RandomSequence
  met: number
  injected: number
}

/** The faults that are to be injected at the moment, and a count of those that were. */
export class Faults {
  readonly #log: (line: string) => void
  readonly #injected = new Map<string, number>()
  #plan: FaultPlan | null = null
  #rules: readonly ActiveRule[] = []

  /** @param log is told of every single fault, before it strikes */
  constructor(log: (line: string) => void) {
    this.#log = log
  }

  /** The plan of now; whatever was held back by another is to be held no longer. */
  get plan(): FaultPlan | null {
    return this.#plan
  }

  get visibilitySeconds(): number | null {
    return this.#plan?.visibility_seconds ?? null
  }

  get clockAheadMs(): number {
    return (this.#plan?.clock_ahead_seconds ?? 0) * 1000
  }

  /** From now on this plan, and no other; null ends all faults. Sequences begin anew. */
  set(plan: FaultPlan | null): void {
    this.#plan = plan
    this.#rules = (plan?.rules ?? []).map((rule, index) => ({
      rule,
      random: randomSequence(plan?.seed ?? 0, String(index)),
      met: 0,
      injected: 0,
    }))
    this.#log(plan === null ? 'no faults from now on' : `faults from now on: ${JSON.stringify(plan)}`)
  }

  report(): FaultReport {
    return {
      plan: this.#plan,
      rules: this.#rules.map(({ rule, met, injected }) => ({ rule, met, injected })),
      injected: Object.fromEntries([...this.#injected].sort()),
    }
  }

  /**
   * Something happens: the rule that strikes, if any does. Every rule that is about it draws, whether or not another has
   * struck, so that the sequence of one depends on no other.
   * @param what for the log
   */
  strike<On extends FaultRule['on']>(
    on: On,
    what: string,
    isAbout: (rule: RuleAbout<On>) => boolean,
  ): RuleAbout<On> | null {
    const striking = this.#rules.filter((active) => {
      return active.rule.on === on && isAbout(active.rule as RuleAbout<On>) && draw(active)
    })
    const [first] = striking
    if (first === undefined) return null
    first.injected += 1
    const kind = kindOf(first.rule)
    this.#injected.set(kind, (this.#injected.get(kind) ?? 0) + 1)
    this.#log(`${kind}: ${what}`)
    return first.rule as RuleAbout<On>
  }
}

function draw(active: ActiveRule): boolean {
  const { chance, nth, limit } = active.rule
  active.met += 1
  const hits = nth === undefined ? active.random() < (chance ?? 1) : active.met === nth
  return hits && (limit === undefined || active.injected < limit)
}

function kindOf(rule: FaultRule): string {
  switch (rule.on) {
    case 'call':
      return `call/${rule.effect}${rule.after ? '-after' : ''}`
    case 'delivery':
      return `${rule.via}/${rule.effect}`
    case 'push':
      return `websocket/${rule.effect}`
    case 'worker':
      return `worker/${rule.effect}/${rule.step}`
    case 'disk':
      return 'disk/delay'
  }
}

/** Whether a text is what a rule names; a rule that names nothing is about all. */
export function fits(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || wildcards(pattern).test(text)
}
