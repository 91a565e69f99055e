import type { Channel, ClientMessage, ServerMessage } from '@glowworm/events/socket-messages'
import type { Ambient, Connections, EventLog, Sockets } from '../core/ports.ts'

export interface ReceiveSocketMessagePorts {
  readonly connections: Connections
  readonly eventLog: EventLog
  readonly sockets: Sockets
  readonly ambient: Ambient
}

/** More than this is quicker fetched than told again. */
export const longestReplay = 500
/** What is not told by then is fetched: the function, and the client's patience, end soon after. */
const replayMs = 15_000

/**
 * Answers what a client sent; `message` is null if it was none that is known. The connection stays open either way.
 * A client that leaves meanwhile is forgotten.
 */
export async function receiveSocketMessage(
  ports: ReceiveSocketMessagePorts,
  connectionId: string,
  message: ClientMessage | null,
): Promise<void> {
  for await (const answer of answersTo(ports, connectionId, message)) {
    if ((await ports.sockets.send(connectionId, answer)) === 'sent') continue
    await ports.connections.close(connectionId)
    return
  }
}

async function* answersTo(
  ports: ReceiveSocketMessagePorts,
  connectionId: string,
  message: ClientMessage | null,
): AsyncIterable<ServerMessage> {
  switch (message?.action) {
    case undefined:
      yield refusal('invalid_message', 'Expected JSON with action "subscribe" (and channels) or "ping".')
      return
    case 'ping':
      yield { type: 'pong', server_time: ports.ambient.now().toISOString() }
      return
    case 'subscribe':
      // Registered before the log is read: what happens in between comes twice rather than not at all.
      if (await ports.connections.subscribe(connectionId, message.channels)) {
        yield* welcome(ports, connectionId, message.channels, message.since)
      } else {
        yield refusal('unknown_connection', 'This connection is not known any more. Connect again with a new ticket.')
      }
  }
}

async function* welcome(
  { eventLog, ambient }: ReceiveSocketMessagePorts,
  connectionId: string,
  channels: Channel[],
  since: string | undefined,
): AsyncIterable<ServerMessage> {
  yield {
    type: 'hello',
    connection_id: connectionId,
    channels,
    latest_position: await eventLog.latestPosition('images'),
    server_time: ambient.now().toISOString(),
  }
  if (since === undefined) return
  const missed = await eventLog.since('images', since, longestReplay)
  if (missed === null) {
    yield resync('What came since then is not kept, or is too much; fetch the state again.')
    return
  }
  const deadline = ambient.now().getTime() + replayMs
  for (const event of missed) {
    if (ambient.now().getTime() > deadline) {
      yield resync('Telling what came since then takes too long; fetch the state again.')
      return
    }
    yield event
  }
  yield { type: 'replay_complete' }
}

const resync = (reason: string): ServerMessage => ({ type: 'resync_required', reason })

const refusal = (code: string, message: string): ServerMessage => ({ type: 'error', error: { code, message } })
