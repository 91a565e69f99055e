import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb'
import type { ImageEvent } from '@glowworm/events/image-events'
import { decodeTime, encodeTime } from 'ulid'
import type { ProcessingEnd, ProcessingHistory } from '../core/ports.ts'

/** How much of the log one call may read: a busy hour has more events than one answer has time for. */
const eventsPerRead = 1_000
const readsPerCall = 5

/** Out of the event log, the newest first, so that what is left out of a busy hour is its beginning. */
export function dynamoDbProcessingHistory({
  client,
  tableName,
}: {
  client: DynamoDBDocumentClient
  tableName: string
}): ProcessingHistory {
  return {
    async endsSince(since) {
      const ends: ProcessingEnd[] = []
      let after: Record<string, unknown> | undefined
      for (let reads = 0; reads < readsPerCall; reads++) {
        const page: QueryCommandOutput = await client.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'channel = :channel AND id >= :from',
            FilterExpression: '#event.#type IN (:complete, :failed)',
            ExpressionAttributeNames: { '#event': 'event', '#type': 'type' },
            ExpressionAttributeValues: {
              ':channel': 'images',
              ':from': encodeTime(since.getTime(), 10) + '0'.repeat(16),
              ':complete': 'image:processing:complete',
              ':failed': 'image:processing:failed',
            },
            ScanIndexForward: false,
            Limit: eventsPerRead,
            ...(after !== undefined && { ExclusiveStartKey: after }),
          }),
        )
        ends.push(...(page.Items ?? []).flatMap((item) => endsOf(item.event as ImageEvent)))
        after = page.LastEvaluatedKey
        if (after === undefined) return { ends, from: since }
      }
      return { ends, from: new Date(decodeTime(String(after?.id))) }
    },
  }
}

function endsOf(event: ImageEvent): ProcessingEnd[] {
  const about = { imageId: event.image_id, revision: event.revision }
  if (event.type === 'image:processing:complete') {
    const { last_processing_attempt: began, processing_completed_at: ended } = event.data.image
    const durationMs = began === null || ended === null ? null : Date.parse(ended) - Date.parse(began)
    return [{ ...about, status: 'complete', durationMs }]
  }
  if (event.type !== 'image:processing:failed' || event.data.next_retry_at !== null) return []
  return [{ ...about, status: 'failed', durationMs: null }]
}
