import type { SentUpdate } from '@glowworm/events/socket-messages'
import type { UpdateEvent } from '@glowworm/events/update-events'
import { longestSpreadMs } from '../core/log-positions.ts'
import type { Ambient, Connections, EventLog, Log, Sockets } from '../core/ports.ts'

export interface NotifyPorts {
  readonly eventLog: EventLog
  readonly connections: Connections
  readonly sockets: Sockets
  readonly ambient: Ambient
  readonly log: Log
}

/** Sends under way at the same time. */
const parallelSends = 64

/**
 * Brings an event to everybody who listens. It is in the log before anybody is looked up: who subscribes at the same
 * moment gets it from here, or from the log, or from both, but never from neither. What takes too long for the overlap
 * of replays, or is delivered again, stands in the log a second time; clients know it by its id.
 * A few who cannot be told are disconnected: one client that takes nothing must not have all others told again.
 * @throws AggregateError if most could not be told, or some neither told nor disconnected; delivered again, the others
 *   drop what they have seen
 */
export async function notify(ports: NotifyPorts, event: UpdateEvent): Promise<void> {
  const { ambient, connections, eventLog, log } = ports
  const told = new Set<string>()
  let beganAt: number
  do {
    beganAt = ambient.now().getTime()
    const sent: SentUpdate = { ...event, position: ambient.newId() }
    await eventLog.append('images', sent)
    const subscribers = await connections.subscribers('images')
    const waiting = subscribers.filter((connectionId) => !told.has(connectionId))
    const untold = await tell(ports, waiting, sent)
    for (const connectionId of waiting) told.add(connectionId)
    const about = { event_id: event.id, type: event.type, ...('image_id' in event && { image_id: event.image_id }) }
    log.info('An update went out', { ...about, clients: waiting.length - untold.size })
    // If most could be told, the trouble is with these few. If not, it is with the service, and all would come back at once.
    const isTheirs = 2 * untold.size < waiting.length
    const failures = isTheirs ? await disconnect(ports, [...untold.keys()]) : [...untold.values()]
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} clients could not be told`)
  } while (ambient.now().getTime() - beganAt > longestSpreadMs)
}

/** Who could not be told, and why; who has left is forgotten. */
async function tell(
  { connections, sockets, log }: NotifyPorts,
  connectionIds: readonly string[],
  event: SentUpdate,
): Promise<ReadonlyMap<string, unknown>> {
  const waiting = connectionIds.values()
  const untold = new Map<string, unknown>()
  const tellNext = async () => {
    for (const connectionId of waiting) {
      try {
        if ((await sockets.send(connectionId, event)) === 'gone') await connections.close(connectionId)
      } catch (error) {
        log.warn('A client could not be told', { connection_id: connectionId, event_id: event.id, error })
        untold.set(connectionId, error)
      }
    }
  }
  await Promise.all(Array.from({ length: parallelSends }, tellNext))
  return untold
}

/** They come back, and ask for what they have missed. Why some could not be disconnected. */
async function disconnect({ connections, sockets }: NotifyPorts, connectionIds: readonly string[]): Promise<unknown[]> {
  const ends = await Promise.allSettled(
    connectionIds.map(async (connectionId) => {
      await sockets.disconnect(connectionId)
      await connections.close(connectionId)
    }),
  )
  return ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
}
