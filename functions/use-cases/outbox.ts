import type { ImageEvent } from '@glowworm/events/image-events'
import type { Log, Updates } from '../core/ports.ts'

/** Events of one piece of work, published in order beside it. */
export interface Outbox {
  add(event: ImageEvent): void
  /** Until everything is published; what failed is tried once more. @throws what the last try threw */
  flush(): Promise<void>
}

/** Progress that cannot be published is dropped: the next event says more. */
export function createOutbox(updates: Updates, log: Log): Outbox {
  const failed: ImageEvent[] = []
  let published = Promise.resolve()
  const publish = async (event: ImageEvent) => {
    try {
      await updates.publish(event)
    } catch (error) {
      const { type, image_id, correlation_id } = event
      log.warn('An event could not be published at once', { type, image_id, correlation_id, error })
      if (event.type !== 'image:processing:progress') failed.push(event)
    }
  }
  return {
    add(event) {
      published = published.then(() => publish(event))
    },
    async flush() {
      await published
      for (const event of failed.splice(0)) await updates.publish(event)
    },
  }
}
