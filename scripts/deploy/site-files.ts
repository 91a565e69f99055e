import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'

/** A file of the site, as its bucket is to have it. */
export interface SiteFile {
  readonly key: string
  readonly path: string
  readonly contentType: string
  readonly cacheControl: string
  /** Under its name there will never be other bytes. */
  readonly isImmutable: boolean
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/**
 * How each of these files is to be served, in the order in which to upload them: what pages refer to comes before the
 * pages, so that nobody is sent to a file that is not there yet.
 * @throws Error that names a file of which nobody has said what it is
 */
export function siteFiles(folder: string, paths: readonly string[]): readonly SiteFile[] {
  const files = paths.map((path): SiteFile => {
    const key = relative(folder, path).split(sep).join('/')
    const contentType = contentTypes[extname(path).toLowerCase()]
    if (contentType === undefined) {
      throw new Error(`What is ${key}? Its extension has no content type in scripts/deploy/site-files.ts.`)
    }
    const isImmutable = key.startsWith('_app/immutable/')
    const cacheControl = isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache'
    return { key, path, contentType, cacheControl, isImmutable }
  })
  const rank = ({ isImmutable, key }: SiteFile) => (isImmutable ? 0 : key.endsWith('.html') ? 2 : 1)
  return files.toSorted((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : 1))
}

export async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** A file with its bytes, and with what S3 calls them. */
export async function readSiteFile(file: SiteFile): Promise<{ readonly body: Buffer; readonly etag: string }> {
  const body = await readFile(file.path)
  return { body, etag: `"${createHash('md5').update(body).digest('hex')}"` }
}
