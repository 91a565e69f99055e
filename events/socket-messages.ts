import * as z from 'zod'
import { updateEvent } from './update-events.ts'
import { timestamp, ulid } from './vocabulary.ts'

/**
 * Where an event stands in the log of its channel. Positions sort, as text, by arrival there, give or take the few
 * seconds that a replay goes back. An event that is delivered again stands in a second place.
 */
const logPosition = ulid

export const channel = z.enum(['images'])
export type Channel = z.infer<typeof channel>

/** What a client may send. */
export const clientMessage = z.discriminatedUnion('action', [
  z.strictObject({
    action: z.literal('subscribe'),
    channels: z.array(channel).min(1),
    since: logPosition
      .optional()
      .describe('The highest position up to which everything was heard; what came after it is sent again'),
  }),
  z.strictObject({ action: z.literal('ping') }),
])
export type ClientMessage = z.infer<typeof clientMessage>

export const hello = z.object({
  type: z.literal('hello'),
  connection_id: z.string(),
  channels: z.array(channel),
  latest_position: logPosition.nullable().describe('Where the live stream begins'),
  server_time: timestamp,
})
/** Everything that came after `since`, up to the greeting, has been told. Until then live events may overtake it. */
export const replayComplete = z.object({ type: z.literal('replay_complete') })
export const pong = z.object({ type: z.literal('pong'), server_time: timestamp })
export const resyncRequired = z.object({
  type: z.literal('resync_required'),
  reason: z.string().describe('The events since then are no longer kept; fetch the state again'),
})
export const socketError = z.object({
  type: z.literal('error'),
  error: z.object({ code: z.string(), message: z.string() }),
})

/** An update as it is sent: the same `id` may come again, and is then the same update. */
const sentUpdates = updateEvent.options.map((event) =>
  event.extend({ position: logPosition.describe('To be handed back as `since`') }),
)

/** What a client may receive. */
export const serverMessage = z.discriminatedUnion('type', [
  hello,
  replayComplete,
  pong,
  resyncRequired,
  socketError,
  ...sentUpdates,
])
export type ServerMessage = z.infer<typeof serverMessage>
export type SentUpdate = Extract<ServerMessage, { readonly position: string; readonly id: string }>
