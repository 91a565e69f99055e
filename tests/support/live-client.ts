import type { ImageEvent } from '@glowworm/events/image-events'
import type { ServerMessage } from '@glowworm/events/socket-messages'
import type { ApiClient } from '../../scripts/client/api-client.ts'
import { LiveConnection } from '../../scripts/client/live-connection.ts'

/** A WebSocket client that remembers what it heard, in the order in which it came. */
export async function listen(api: ApiClient) {
  const heard: ServerMessage[] = []
  const connection = await LiveConnection.open(api, (message) => heard.push(message))
  return {
    heard: heard as readonly ServerMessage[],
    /** Events of one image, oldest first as heard. */
    about(imageId: string): readonly ImageEvent[] {
      return heard.filter((message): message is ImageEvent => 'image_id' in message && message.image_id === imageId)
    },
    close: () => connection.close(),
  }
}
