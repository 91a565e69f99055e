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
 * @throws AggregateError if some could not be reached; delivered again, the others drop what they have seen
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
    const failures = await tell(ports, waiting, sent)
    for (const connectionId of waiting) told.add(connectionId)
    const about = { event_id: event.id, type: event.type, ...('image_id' in event && { image_id: event.image_id }) }
    log.info('An update went out', { ...about, clients: waiting.length - failures.length })
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} clients could not be told`)
  } while (ambient.now().getTime() - beganAt > longestSpreadMs)
}

/** Why some could not be told; who has left is forgotten. */
async function tell(
  { connections, sockets, log }: NotifyPorts,
  connectionIds: readonly string[],
  event: SentUpdate,
): Promise<readonly unknown[]> {
  const waiting = connectionIds.values()
  const failures: unknown[] = []
  const tellNext = async () => {
    for (const connectionId of waiting) {
      try {
        if ((await sockets.send(connectionId, event)) === 'gone') await connections.close(connectionId)
      } catch (error) {
        log.warn('A client could not be told', { connection_id: connectionId, event_id: event.id, error })
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: parallelSends }, tellNext))
  return failures
}
