import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const localCloud = z.object({ url: z.url(), admin_email: z.string(), admin_password: z.string() })

export interface Target {
  /** Of the site, without a slash at the end. */
  readonly url: string
  readonly email: string
  readonly password: string
}

/** Nothing says where Glowworm is, or who is to sign in. */
export class NoTarget extends Error {
  override readonly name = 'NoTarget'
}

/**
 * Where to send, and as whom: what the caller says, else GLOWWORM_URL, GLOWWORM_EMAIL and GLOWWORM_PASSWORD, else the
 * local cloud whose data folder is given.
 */
export async function findTarget(options: {
  readonly url: string | undefined
  readonly dataDirectory: string
  readonly environment: Readonly<Record<string, string | undefined>>
}): Promise<Target> {
  const { environment } = options
  const local = await readLocalCloud(join(options.dataDirectory, 'local.json'))
  const url = (options.url ?? environment.GLOWWORM_URL ?? local?.url)?.replace(/\/+$/, '')
  if (url === undefined) {
    throw new NoTarget(
      `No Glowworm is running here: ${options.dataDirectory} has no local.json. Start one with \`npm start\`, or name another with --url.`,
    )
  }
  const isLocal = local !== null && sameHost(url, local.url)
  const email = environment.GLOWWORM_EMAIL ?? (isLocal ? local.admin_email : undefined)
  const password = environment.GLOWWORM_PASSWORD ?? (isLocal ? local.admin_password : undefined)
  if (email === undefined || password === undefined) {
    throw new NoTarget(`To sign in at ${url}, set GLOWWORM_EMAIL and GLOWWORM_PASSWORD.`)
  }
  return { url, email, password }
}

async function readLocalCloud(path: string): Promise<z.infer<typeof localCloud> | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  return localCloud.parse(JSON.parse(text))
}

function sameHost(a: string, b: string): boolean {
  const host = (url: string) => new URL(url).host.replace(/^(127\.0\.0\.1|\[::1\])/, 'localhost')
  return host(a) === host(b)
}
