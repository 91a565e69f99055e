import type { ImageEvent } from '@glowworm/events/image-events'
import type { SentUpdate } from '@glowworm/events/socket-messages'
import type { ApiClient } from '../../scripts/client/api-client.ts'
import { LiveConnection } from '../../scripts/client/live-connection.ts'

/** A WebSocket client that remembers what it heard, in the order in which it came. */
export async function listen(api: ApiClient) {
  const heard: SentUpdate[] = []
  const connection = await LiveConnection.open(api, { onEvent: (event) => heard.push(event) })
  return {
    heard: heard as readonly SentUpdate[],
    /** Events of one image, oldest first as heard. */
    about(imageId: string): readonly ImageEvent[] {
      return heard.filter(
        (event): event is Extract<SentUpdate, ImageEvent> => 'image_id' in event && event.image_id === imageId,
      )
    },
    close: () => connection.close(),
  }
}
