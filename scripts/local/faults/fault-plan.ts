import { z } from 'zod'
import { Refusal } from '../../console/refusal.ts'

const pattern = z.string().min(1).describe('`*` stands for any characters, `?` for exactly one')
const milliseconds = z.int().min(0).max(600_000)

/** How often a rule strikes among the happenings that it is about; always, if nothing is said. */
const frequency = {
  chance: z.number().min(0).max(1).optional().describe('Of each happening'),
  nth: z.int().positive().optional().describe('Only the nth happening since the rule was set'),
  limit: z.int().positive().optional().describe('No more often than this'),
}

const ms = milliseconds.optional().describe('How long: of a delay')

/** A call of an AWS API. */
const callRule = z.strictObject({
  on: z.literal('call'),
  service: z.enum(['s3', 'sqs', 'sns', 'dynamodb', 'cognito-idp', 'lambda', 'execute-api']).optional(),
  operation: pattern.optional().describe('As the API reference names it'),
  resource: pattern.optional().describe('`bucket/key`, the name of a queue, table or function, an ARN, a connection'),
  from: pattern.optional().describe('The function that calls; `outside` for everybody else'),
  effect: z.enum(['throttle', 'error', 'delay', 'reset']),
  after: z.boolean().optional().describe('The service does what it is asked; only its answer suffers'),
  ms,
  ...frequency,
})

/** A message on its way to a function: from a queue, from a topic, or of an asynchronous invocation. */
const deliveryRule = z.strictObject({
  on: z.literal('delivery'),
  via: z.enum(['sqs', 'sns', 'invocation']),
  to: pattern.optional().describe('The name of the queue'),
  effect: z.enum(['drop', 'duplicate', 'delay', 'reorder']),
  ms: milliseconds
    .optional()
    .describe('How long: of a delay; or until what is dropped comes again, instead of the time-out of the queue'),
  ...frequency,
})

/** A message on its way to a socket. */
const pushRule = z.strictObject({
  on: z.literal('push'),
  to: pattern.optional().describe('The id of the connection'),
  effect: z.enum(['drop', 'duplicate', 'delay', 'reorder', 'gone']),
  ms,
  ...frequency,
})

/** Places in the life of an invocation where its process can die. */
export const workerSteps = [
  'before-start',
  'after-lease',
  'after-decode',
  'after-rendition',
  'after-save',
  'before-publish',
  'before-acknowledge',
] as const
export type WorkerStep = (typeof workerSteps)[number]

/** The process of a function. */
const workerRule = z.strictObject({
  on: z.literal('worker'),
  function: pattern.default('*process-image*'),
  step: z.enum(workerSteps),
  effect: z.enum(['crash', 'out-of-memory', 'time-out']),
  ...frequency,
})

/** The disk below S3. */
const diskRule = z.strictObject({
  on: z.literal('disk'),
  access: z.enum(['read', 'write']).optional(),
  effect: z.literal('delay'),
  ms,
  ...frequency,
})

const faultRule = z
  .discriminatedUnion('on', [callRule, deliveryRule, pushRule, workerRule, diskRule])
  .refine((rule) => rule.chance === undefined || rule.nth === undefined, 'Expected chance or nth, not both')
  .refine((rule) => rule.effect !== 'delay' || rule.ms !== undefined, 'Expected ms with a delay')
  .refine(
    (rule) => rule.on !== 'delivery' || rule.effect !== 'drop' || rule.via !== 'invocation',
    'Lambda loses no invocation that it has accepted: it cannot be dropped',
  )
export type FaultRule = z.output<typeof faultRule>
export type RuleAbout<On extends FaultRule['on']> = Extract<FaultRule, { on: On }>

/** What is to go wrong: everything about it is said here, so that the same plan goes wrong in the same way. */
export const faultPlan = z.strictObject({
  seed: z.int().nonnegative().default(1),
  rules: z.array(faultRule).max(200),
  visibility_seconds: z
    .int()
    .min(1)
    .max(43_200)
    .optional()
    .describe(
      'Of messages that functions receive from queues, instead of what the queue says: a crash costs less time',
    ),
  clock_ahead_seconds: z
    .int()
    .min(0)
    .max(7 * 86_400)
    .optional()
    .describe('By how much the clocks of functions are ahead: what waits for minutes is due at once'),
})
export type FaultPlan = z.output<typeof faultPlan>

/** The plan says something that cannot be; the message says what. */
export class InvalidFaultPlan extends Refusal {
  override readonly name = 'InvalidFaultPlan'
}

/** @throws InvalidFaultPlan */
export function readFaultPlan(json: string): FaultPlan {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new InvalidFaultPlan(`Expected a plan of faults in JSON: ${cause}`, { cause })
  }
  const parsed = faultPlan.safeParse(value)
  if (parsed.success) return parsed.data
  throw new InvalidFaultPlan(`The plan of faults is not valid:\n${z.prettifyError(parsed.error)}`)
}
