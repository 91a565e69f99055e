import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import send from 'send'

/** Who answers for the site: it stands in for the bucket of the default behaviour, which only a deployment fills. */
export interface SiteOrigin {
  /** Answers a GET or HEAD with what the deployment would have at `path`, as the viewer-request function left it. */
  serve(path: string, message: IncomingMessage, response: ServerResponse): Promise<void>
  /** Takes a connection that asks to become a WebSocket of the site's own, if it does: false leaves it to others. */
  upgrade?(message: IncomingMessage, socket: Duplex, head: Buffer): boolean
  /** Ends what `upgrade` has taken. */
  hangUp?(): void
}

/** The site in `buildDirectory`; while there is none, a page that says where everything is. */
export function builtSite(buildDirectory: string): SiteOrigin {
  const isBuilt = existsSync(join(buildDirectory, 'index.html'))
  const directory = isBuilt ? buildDirectory : join(import.meta.dirname, 'built-in-site')
  return { serve: (path, message, response) => serveFile(directory, path, message, response) }
}

function serveFile(directory: string, path: string, message: IncomingMessage, response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve)
    // Names with a hash in them never get other contents.
    const isImmutable = path.startsWith('/_app/immutable/')
    response.setHeader('cache-control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
    send(message, path, { root: directory, index: false, cacheControl: false, dotfiles: 'deny' })
      .on('directory', () => refuse(response, 404))
      .on('error', (error: { status?: number }) => refuse(response, error.status ?? 500))
      .pipe(response)
  })
}

function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(status === 404 ? 'There is no such file.\n' : 'This file cannot be sent.\n')
}
