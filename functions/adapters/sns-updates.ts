import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns'
import { updateEvent } from '@glowworm/events/update-events'
import type { Updates } from '../core/ports.ts'

/** The topic of everything that happens; subscribers may filter by the attribute `type`. */
export function snsUpdates({ client, topicArn }: { client: SNSClient; topicArn: string }): Updates {
  return {
    async publish(event) {
      await client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Message: JSON.stringify(updateEvent.parse(event)),
          MessageAttributes: { type: { DataType: 'String', StringValue: event.type } },
        }),
      )
    },
  }
}
