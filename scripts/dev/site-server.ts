import { once } from 'node:events'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { dirname, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import type { SiteOrigin } from '../local/gateway/site-files.ts'
import type { Running } from '../local/model.ts'

/** How Vite's client in the browser names the protocols that it speaks with Vite. */
const protocolsOfVite = new Set(['vite-hmr', 'vite-ping'])

/**
 * The site as Vite serves it during development, behind the front door like the built one: the browser sees one origin,
 * and Vite listens nowhere itself.
 */
export async function startSiteServer(root: string): Promise<SiteOrigin & Running> {
  // SvelteKit's plugin takes the working directory for the folder of the site.
  process.chdir(join(root, 'web'))
  // Never listens: Vite takes its connections for hot reload from it, and the front door passes them on.
  const upgrades = createHttpServer()
  const vite = await createServer({
    configFile: join(root, 'web', 'vite.config.ts'),
    clearScreen: false,
    server: {
      middlewareMode: true,
      hmr: { server: upgrades },
      // Beside the site's own: the schemas, and the packages, which need not lie in the same checkout.
      fs: { allow: [join(root, 'events'), dirname(dirname(fileURLToPath(import.meta.resolve('vite/package.json'))))] },
    },
  })
  const sockets = new Set<Duplex>()
  return {
    async serve(_path, message, response) {
      keepPolicy(response)
      const closed = once(response, 'close')
      vite.middlewares(message, response, (error: unknown) => {
        if (error) response.destroy(error instanceof Error ? error : new Error(String(error)))
        else response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is no such file.\n')
      })
      await closed
    },
    upgrade(message, socket, head) {
      if (!protocolsOfVite.has(message.headers['sec-websocket-protocol'] ?? '')) return false
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      upgrades.emit('upgrade', message, socket, head)
      return true
    },
    hangUp() {
      for (const socket of sockets) socket.destroy()
    },
    stop: () => vite.close(),
  }
}

/** A page's own policy comes beside that of the distribution, as it does in the built page; neither loosens the other. */
function keepPolicy(response: ServerResponse): void {
  const name = 'content-security-policy'
  const policy = response.getHeader(name)
  if (typeof policy !== 'string') return
  const setHeader = response.setHeader.bind(response)
  response.setHeader = (header, value) =>
    setHeader(header, header.toLowerCase() === name ? [policy, String(value)] : value)
}
