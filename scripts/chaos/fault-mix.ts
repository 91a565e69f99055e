import { type FaultPlan, type FaultRule, faultPlan, workerSteps } from '../local/faults/fault-plan.ts'
import { type RandomSequence, randomSequence } from '../local/faults/random.ts'
import { between } from './choices.ts'

/** After a crash a job comes again so soon: SQS would wait six times the worker's time-out. */
export const visibilitySeconds = 6

/** Everything that can go wrong, some of it, each as often as the seed says. */
export function aFaultMix(seed: number): FaultPlan {
  const random = randomSequence(seed, 'faults')
  const rules = everything(random).filter(() => random() < 0.75)
  return faultPlan.parse({ seed, visibility_seconds: visibilitySeconds, rules })
}

/** Nothing goes wrong. */
export const noFaults: FaultPlan = faultPlan.parse({ visibility_seconds: visibilitySeconds, rules: [] })

function everything(random: RandomSequence): Partial<FaultRule>[] {
  const chance = (most: number) => Math.round(random() * most * 10_000) / 10_000
  const deliveries = (['sqs', 'sns', 'invocation'] as const).flatMap((via): Partial<FaultRule>[] => [
    { on: 'delivery', via, effect: 'duplicate', chance: chance(0.15) },
    { on: 'delivery', via, effect: 'delay', ms: between(random, 50, 1_500), chance: chance(0.1) },
    { on: 'delivery', via, effect: 'reorder', chance: chance(0.1) },
    ...(via === 'invocation'
      ? []
      : [{ on: 'delivery', via, effect: 'drop', ms: between(random, 0, 3_000), chance: chance(0.08) } as const]),
  ])
  const services = (['s3', 'sqs', 'sns', 'dynamodb', 'lambda', 'execute-api'] as const).flatMap(
    (service): Partial<FaultRule>[] => [
      { on: 'call', service, effect: 'throttle', chance: chance(0.04) },
      { on: 'call', service, effect: 'error', chance: chance(0.04) },
      { on: 'call', service, effect: 'error', after: true, chance: chance(0.02) },
      { on: 'call', service, effect: 'reset', chance: chance(0.02) },
      { on: 'call', service, effect: 'reset', after: true, chance: chance(0.02) },
      { on: 'call', service, effect: 'delay', ms: between(random, 20, 400), chance: chance(0.05) },
    ],
  )
  // A service that is away for a while: longer than the SDK's own attempts.
  const outages = (['sqs', 'sns', 's3', 'dynamodb'] as const).map((service): Partial<FaultRule> => {
    return { on: 'call', service, from: '*', effect: 'error', chance: 0.5, limit: between(random, 5, 30) }
  })
  // The queue gives, and the function is throttled: again and again, until some jobs are dead letters.
  const refusals: Partial<FaultRule>[] = [
    {
      on: 'delivery',
      via: 'sqs',
      to: 'glowworm-jobs-*',
      effect: 'drop',
      ms: 0,
      chance: 0.95,
      limit: between(random, 40, 80),
    },
  ]
  const pushes: Partial<FaultRule>[] = [
    { on: 'push', effect: 'drop', chance: chance(0.02) },
    { on: 'push', effect: 'gone', chance: chance(0.01) },
    { on: 'push', effect: 'duplicate', chance: chance(0.1) },
    { on: 'push', effect: 'reorder', chance: chance(0.1) },
    { on: 'push', effect: 'delay', ms: between(random, 10, 200), chance: chance(0.05) },
  ]
  const workers = workerSteps.flatMap((step): Partial<FaultRule>[] => [
    { on: 'worker', step, effect: 'crash', chance: chance(step === 'after-rendition' ? 0.01 : 0.03) },
    { on: 'worker', step, effect: 'out-of-memory', chance: chance(0.005) },
    { on: 'worker', step, effect: 'time-out', chance: chance(0.005) },
    { on: 'worker', function: '*', step, effect: 'crash', chance: chance(0.006) },
  ])
  const disk: Partial<FaultRule>[] = [
    { on: 'disk', access: 'write', effect: 'delay', ms: between(random, 20, 300), chance: chance(0.1) },
    { on: 'disk', access: 'read', effect: 'delay', ms: between(random, 20, 300), chance: chance(0.1) },
  ]
  return [...deliveries, ...services, ...outages, ...refusals, ...pushes, ...workers, ...disk]
}
