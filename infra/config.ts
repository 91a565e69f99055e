import type { Construct } from 'constructs'
import { z } from 'zod'

/** `https://host` or `http://host:port`; S3 takes one `*` in it. */
const origin = z
  .string()
  .regex(/^https?:\/\/[^/*\s]*\*?[^/*\s]*$/, 'Expected an origin such as https://photos.example.com')

/** AWS accepts no less than 2 for an event source of SQS. */
const maximumConcurrency = z.int().min(2).max(1000)

const wholeName = 'Expected domain to be a whole host name such as photos.example.com'
const hostname = z.hostname(wholeName).regex(/\./, wholeName)

/** CloudFront takes certificates from one region only. */
const certificateArn = z
  .string('Expected certificateArn beside domain: the ARN of a certificate in us-east-1')
  .regex(
    /^arn:aws[\w-]*:acm:us-east-1:\d{12}:certificate\/[\w-]+$/,
    'Expected the ARN of a certificate in us-east-1, the only region that CloudFront takes one from',
  )

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
  /** Where the site is to be found besides the distribution's own name. */
  domain: z.strictObject({ name: hostname, certificateArn }).optional(),
  /** Who is told of alarms; nobody but the dashboard if it is not set. */
  alarmEmail: z.email().optional(),
  /** In US dollars; at four fifths of it `alarmEmail` is told. */
  monthlyBudget: z.coerce.number().positive().optional(),
  /** Of the secret between CDN and API (Secrets Manager); the current one of the first deployment if it is not set. */
  edgeSecretVersion: z.uuid().optional(),
  /** Where something else stands in for AWS (LocalStack, MiniStack …): what functions and clients reach it by. */
  endpoint: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
})
export type StageConfig = z.infer<typeof stageConfig>

/** The distribution's own name is known only after the bucket exists. */
const anyDistribution = 'https://*.cloudfront.net'

const stages = {
  dev: {
    stage: 'dev',
    retainData: false,
    logRetentionDays: 7,
    logLevel: 'DEBUG',
    useQueue: true,
    concurrency: { high: 4, normal: 2, low: 2 },
    uploadOrigins: ['http://localhost:*', 'http://127.0.0.1:*', anyDistribution],
    throttle: { rate: 200, burst: 400 },
  },
  prod: {
    stage: 'prod',
    retainData: true,
    logRetentionDays: 90,
    logLevel: 'INFO',
    useQueue: true,
    concurrency: { high: 4, normal: 2, low: 2 },
    // A presigned URL carries the right to upload; CORS merely says which pages may use one.
    uploadOrigins: [anyDistribution],
    throttle: { rate: 200, burst: 400 },
  },
} satisfies Record<string, StageConfig>

/** What the context may say, as `-c NAME=VALUE` or by a script. Each replaces a value of the stage. */
const options = [
  'stage',
  'useQueue',
  'uploadOrigins',
  'alarmEmail',
  'domain',
  'certificateArn',
  'monthlyBudget',
  'edgeSecretVersion',
  'endpoint',
  /** Where the stacks go: nowhere else, if they are set; read by glowworm.ts. */
  'account',
  'region',
  /** Where functions and layers lie; read by app.ts. */
  'functions',
  'layers',
] as const

/**
 * The configuration of the stage that the context names (`-c stage=prod`; `dev` if it names none), with the options of
 * the context in place of its values. `uploadOrigins` are separated by commas.
 * @throws Error that names the stage, the values and what was expected of them, or an option that does not exist.
 */
export function readConfig(scope: Construct): StageConfig {
  refuseUnknown(scope)
  const given = (name: (typeof options)[number]): string | undefined => {
    const value: unknown = scope.node.tryGetContext(name)
    return value === undefined || value === null ? undefined : String(value)
  }
  const stage = given('stage') ?? 'dev'
  const defaults: StageConfig | undefined = Object.entries(stages).find(([name]) => name === stage)?.[1]
  if (!defaults)
    throw new Error(`Expected context "stage" to be ${Object.keys(stages).join(' or ')}, received ${stage}.`)
  const domain = given('domain')
  const replacements = {
    useQueue: given('useQueue'),
    uploadOrigins: given('uploadOrigins')?.split(',') ?? originsWith(domain, defaults),
    alarmEmail: given('alarmEmail'),
    monthlyBudget: given('monthlyBudget'),
    edgeSecretVersion: given('edgeSecretVersion'),
    endpoint: given('endpoint'),
    domain:
      domain === undefined && given('certificateArn') === undefined
        ? undefined
        : { name: domain, certificateArn: given('certificateArn') },
  }
  const parsed = stageConfig
    .refine(({ monthlyBudget, alarmEmail }) => monthlyBudget === undefined || alarmEmail !== undefined, {
      path: ['monthlyBudget'],
      message: 'Expected alarmEmail beside it: a budget that tells nobody is none',
    })
    .safeParse({
      ...defaults,
      ...Object.fromEntries(Object.entries(replacements).filter(([, value]) => value !== undefined)),
    })
  if (!parsed.success) {
    throw new Error(`The configuration of stage ${stage} is not valid:\n${z.prettifyError(parsed.error)}`)
  }
  return parsed.data
}

/** Those that a person gives; scripts give the others. */
export const ownOptions: readonly string[] = [
  'alarmEmail',
  'monthlyBudget',
  'domain',
  'certificateArn',
  'uploadOrigins',
  'useQueue',
  'edgeSecretVersion',
] satisfies readonly (typeof options)[number][]

/** Options are single words; names of CDK and its plugins have `:`, `/` or `-` in them. */
function refuseUnknown(scope: Construct): void {
  const words = Object.keys(scope.node.getAllContext()).filter((name) => /^\w+$/.test(name))
  const unknown = words.filter((name) => !options.some((option) => option === name))
  if (unknown.length === 0) return
  throw new Error(`Expected options of the context to be ${ownOptions.join(', ')}, received ${unknown.join(', ')}.`)
}

/** The name of one's own in place of those that CloudFront might give. */
function originsWith(domain: string | undefined, { uploadOrigins }: StageConfig): string[] | undefined {
  if (domain === undefined) return undefined
  return uploadOrigins.map((each) => (each === anyDistribution ? `https://${domain}` : each))
}
