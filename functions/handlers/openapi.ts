import document from '@glowworm/events/openapi.json' with { type: 'json' }
import { httpHandler } from '../runtime/http.ts'

export const handler = httpHandler({}, async () => ({ status: 200, body: document }))
