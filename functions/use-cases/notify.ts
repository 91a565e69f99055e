import type { UpdateEvent } from '@glowworm/events/update-events'
import type { Connections, EventLog, Log, Sockets } from '../core/ports.ts'

export interface NotifyPorts {
  readonly eventLog: EventLog
  readonly connections: Connections
  readonly sockets: Sockets
  readonly log: Log
}

/** Sends under way at the same time. */
const parallelSends = 64

/**
 * Brings an event to everybody who listens. It is in the log before anybody is looked up: who subscribes at the same
 * moment gets it from here, or from the log, or from both, but never from neither.
 * @throws AggregateError if some could not be reached; delivered again, the others drop what they have seen
 */
export async function notify(ports: NotifyPorts, event: UpdateEvent): Promise<void> {
  await ports.eventLog.append('images', event)
  const subscribers = await ports.connections.subscribers('images')
  const waiting = subscribers.values()
  const failures: unknown[] = []
  const sendToNext = async () => {
    for (const connectionId of waiting) {
      try {
        if ((await ports.sockets.send(connectionId, event)) === 'gone') await ports.connections.close(connectionId)
      } catch (error) {
        ports.log.warn('A client could not be told', { connection_id: connectionId, event_id: event.id, error })
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: parallelSends }, sendToNext))
  const about = { event_id: event.id, type: event.type, ...('image_id' in event && { image_id: event.image_id }) }
  ports.log.info('An update went out', { ...about, clients: subscribers.length - failures.length })
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} clients could not be told`)
}
