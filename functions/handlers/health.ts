import functions from '../package.json' with { type: 'json' }
import { httpHandler } from '../runtime/http.ts'

export const handler = httpHandler({}, async () => ({
  status: 200,
  body: { status: 'ok', version: functions.version },
}))
