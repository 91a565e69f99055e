import type { Construct } from 'constructs'
import { z } from 'zod'

/** `https://host` or `http://host:port`; S3 takes one `*` in it. */
const origin = z
  .string()
  .regex(/^https?:\/\/[^/*\s]*\*?[^/*\s]*$/, 'Expected an origin such as https://photos.example.com')

/** AWS accepts no less than 2 for an event source of SQS. */
const maximumConcurrency = z.int().min(2).max(1000)

const stageConfig = z.strictObject({
  stage: z.enum(['dev', 'prod']),
  /** Whether data, and the means to delete it by accident, outlive the stacks. */
  retainData: z.boolean(),
  logRetentionDays: z.literal([7, 14, 30, 90, 365]),
  logLevel: z.enum(['DEBUG', 'INFO', 'WARN']),
  /** False sends every job straight to the worker, as if SQS were out of reach. */
  useQueue: z.union([z.boolean(), z.stringbool()]),
  /** How many images are processed at once, per queue. */
  concurrency: z.strictObject({
    high: maximumConcurrency,
    normal: maximumConcurrency,
    low: maximumConcurrency,
  }),
  /** Where the pages come from that upload to the originals bucket. */
  uploadOrigins: z.array(origin).min(1),
  /** Of each API, in requests per second. */
  throttle: z.strictObject({ rate: z.int().positive(), burst: z.int().positive() }),
  /** Who is told of alarms; nobody but the dashboard if it is not set. */
  alarmEmail: z.email().optional(),
})
export type StageConfig = z.infer<typeof stageConfig>

const stages = {
  dev: {
    stage: 'dev',
    retainData: false,
    logRetentionDays: 7,
    logLevel: 'DEBUG',
    useQueue: true,
    concurrency: { high: 4, normal: 2, low: 2 },
    uploadOrigins: ['http://localhost:*', 'http://127.0.0.1:*', 'https://*.cloudfront.net'],
    throttle: { rate: 200, burst: 400 },
  },
  prod: {
    stage: 'prod',
    retainData: true,
    logRetentionDays: 90,
    logLevel: 'INFO',
    useQueue: true,
    concurrency: { high: 4, normal: 2, low: 2 },
    // The distribution's own name is known only after the bucket exists. A presigned URL carries the right to upload;
    // CORS merely says which pages may use one.
    uploadOrigins: ['https://*.cloudfront.net'],
    throttle: { rate: 200, burst: 400 },
  },
} satisfies Record<string, StageConfig>

/**
 * The configuration of the stage that the context names (`-c stage=prod`; `dev` if it names none), with these of its
 * values replaced by the context: `useQueue`, `uploadOrigins` (separated by commas), `alarmEmail`.
 * @throws Error that names the stage, the values and what was expected of them.
 */
export function readConfig(scope: Construct): StageConfig {
  const context = (key: string): unknown => scope.node.tryGetContext(key) ?? undefined
  const stage = String(context('stage') ?? 'dev')
  const defaults: StageConfig | undefined = Object.entries(stages).find(([name]) => name === stage)?.[1]
  if (!defaults)
    throw new Error(`Expected context "stage" to be ${Object.keys(stages).join(' or ')}, received ${stage}.`)
  const useQueue = context('useQueue')
  const uploadOrigins = context('uploadOrigins')
  const alarmEmail = context('alarmEmail')
  const parsed = stageConfig.safeParse({
    ...defaults,
    ...(useQueue !== undefined && { useQueue }),
    ...(uploadOrigins !== undefined && { uploadOrigins: String(uploadOrigins).split(',') }),
    ...(alarmEmail !== undefined && { alarmEmail }),
  })
  if (!parsed.success) {
    throw new Error(`The configuration of stage ${stage} is not valid:\n${z.prettifyError(parsed.error)}`)
  }
  return parsed.data
}
