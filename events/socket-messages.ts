import * as z from 'zod'
import { updateEvent } from './update-events.ts'
import { timestamp, ulid } from './vocabulary.ts'

export const channel = z.enum(['images'])
export type Channel = z.infer<typeof channel>

/** What a client may send. */
export const clientMessage = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('subscribe'),
    channels: z.array(channel).min(1),
    since: ulid.optional().describe('Id of the last event seen; what came after it is sent again'),
  }),
  z.strictObject({ action: z.literal('ping') }),
])
export type ClientMessage = z.infer<typeof clientMessage>

export const hello = z.object({
  type: z.literal('hello'),
  connection_id: z.string(),
  channels: z.array(channel),
  latest_event_id: ulid.nullable().describe('Where the live stream begins'),
  server_time: timestamp,
})
export const pong = z.object({ type: z.literal('pong'), server_time: timestamp })
export const resyncRequired = z.object({
  type: z.literal('resync_required'),
  reason: z.string().describe('The events since then are no longer kept; fetch the state again'),
})
export const socketError = z.object({
  type: z.literal('error'),
  error: z.object({ code: z.string(), message: z.string() }),
})

/** What a client may receive. */
export const serverMessage = z.discriminatedUnion('type', [
  hello,
  pong,
  resyncRequired,
  socketError,
  ...updateEvent.options,
])
export type ServerMessage = z.infer<typeof serverMessage>
