import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import { imageEvent } from '@glowworm/events/image-events'
import type { Updates } from '../core/ports.ts'

/** The topic of everything that happens to images; subscribers may filter by the attribute `type`. */
export function snsUpdates({ client, topicArn }: { client: SNSClient; topicArn: string }): Updates {
  return {
    async publish(event) {
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Message: JSON.stringify(imageEvent.parse(event)),
          MessageAttributes: { type: { DataType: 'String', StringValue: event.type } },
        }),
      )
    },
  }
}
