import { startServices } from '../start-services.ts'
import { cloudModel } from './cloud-model.ts'

/** Runs services in a process of their own, to be killed: `node child-services.ts DATA PORT`. Says `ready`. */
const [, , dataDirectory = '', port = ''] = process.argv
const services = await startServices({
  model: cloudModel(`http://127.0.0.1:${port}`),
  dataDirectory,
  port: Number(port),
  handlers: {
    invoke: async () => ({ status: 200, payload: Buffer.alloc(0) }),
    sockets: { post: async () => 'ok', delete: async () => 'ok', get: async () => 'ok' },
  },
})
await services.ensureAdmin('admin@example.com', 'Correct horse 1!')
process.stdout.write('ready\n')
