import * as z from 'zod'

const name = z.string().min(1)

/** Every variable that a function may be given; which ones it needs, each handler says. */
const variables = z.object({
  STAGE: name,
  IMAGES_TABLE: name,
  UPLOADS_TABLE: name,
  SETTINGS_TABLE: name,
  EVENTS_TABLE: name,
  CONNECTIONS_TABLE: name,
  TICKETS_TABLE: name,
  SIGN_IN_FAILURES_TABLE: name,
  ORIGINALS_BUCKET: name,
  RENDITIONS_BUCKET: name,
  JOBS_HIGH_QUEUE_URL: z.url(),
  JOBS_NORMAL_QUEUE_URL: z.url(),
  JOBS_LOW_QUEUE_URL: z.url(),
  JOBS_HIGH_DEAD_LETTERS_URL: z.url(),
  JOBS_NORMAL_DEAD_LETTERS_URL: z.url(),
  JOBS_LOW_DEAD_LETTERS_URL: z.url(),
  JOBS_LOW_CONCURRENCY: z.coerce.number().int().positive(),
  DIRECT_DEAD_LETTERS_URL: z.url(),
  NOTIFY_DEAD_LETTERS_URL: z.url(),
  BACKFILL_QUEUE_URL: z.url(),
  BACKFILL_DEAD_LETTERS_URL: z.url(),
  UPDATES_TOPIC_ARN: z.string().startsWith('arn:'),
  PROCESS_IMAGE_FUNCTION: name,
  USE_QUEUE: z.enum(['true', 'false']).transform((value) => value === 'true'),
  EDGE_SECRET: name,
  USER_POOL_CLIENT_ID: name,
  TOKEN_ISSUER: z.url(),
  WEBSOCKET_URL: z.url(),
  WEBSOCKET_MANAGEMENT_ENDPOINT: z.url(),
  /** Set where AWS is something else than AWS. */
  AWS_ENDPOINT_URL: z.url().optional(),
})
type Variables = z.output<typeof variables>

/**
 * The named variables, checked and typed. Called once per cold start, at the top of a handler, so that a function
 * which lacks one fails before it takes any work.
 * @throws Error that names the variables that are missing or malformed, never their values
 */
export function readEnv<const Name extends keyof Variables>(
  names: readonly Name[],
  source: Readonly<Record<string, string | undefined>> = process.env,
): Pick<Variables, Name> {
  const mask = Object.fromEntries(names.map((each) => [each, true as const]))
  const parsed = variables.pick(mask as { [key in keyof Variables]?: true }).safeParse(source)
  if (parsed.success) return parsed.data as Pick<Variables, Name>
  const complaints = parsed.error.issues.map(({ path }) => {
    const key = String(path[0])
    return source[key] === undefined ? `${key} is not set` : `${key} is malformed`
  })
  throw new Error(`The function's environment is not complete: ${complaints.join(', ')}. Set it in the stack.`)
}
