import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import send from 'send'

/** The built site in `buildDirectory`; while there is none, a page that says where everything is. */
export function siteDirectory(buildDirectory: string): string {
  return existsSync(join(buildDirectory, 'index.html')) ? buildDirectory : join(import.meta.dirname, 'built-in-site')
}

/** Answers a GET or HEAD with a file of the site, as the deployment would put it into its bucket. */
export function serveFile(
  directory: string,
  path: string,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
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
