import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Refusal } from '../console/refusal.ts'

const localCloud = z.object({ url: z.url(), admin_email: z.string(), admin_password: z.string() })

export interface Target {
  /** Of the site, without a slash at the end. */
  readonly url: string
  readonly email: string
  readonly password: string
}

/** Nothing says where Glowworm is, or who is to sign in. */
export class NoTarget extends Refusal {
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
  const named = options.url ?? environment.GLOWWORM_URL
  const url = named === undefined ? local?.url : siteUrl(named)
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
  try {
    return localCloud.parse(JSON.parse(await readFile(path, 'utf8')))
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    const problem = code === null ? 'is not what a local cloud writes' : `cannot be read (${code})`
    throw new NoTarget(`${path} ${problem}. Start the local cloud again, or say with --data where its data are.`, {
      cause,
    })
  }
}

/** Without a slash at the end. */
function siteUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new NoTarget(`Expected the URL of a site, like http://localhost:4200, received ${text}.`)
  }
  return text.replace(/\/+$/, '')
}

function sameHost(a: string, b: string): boolean {
  const host = (url: string) => new URL(url).host.replace(/^(127\.0\.0\.1|\[::1\])/, 'localhost')
  return host(a) === host(b)
}
