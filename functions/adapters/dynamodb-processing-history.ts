import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb'
import { decodeTime, encodeTime } from 'ulid'
import type { ProcessingEnd, ProcessingHistory } from '../core/ports.ts'
import { processingEnds, type StoredEnd } from './processing-ends.ts'

/** How much one call may read. At about 200 bytes an end, so many are 1 MB or 125 read units. */
const endsPerRead = 2_500
const readsPerCall = 2

/** What the event log notes of ends, the newest first, so that what is left out of a busy hour is its beginning. */
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
            KeyConditionExpression: 'channel = :ends AND id >= :from',
            ExpressionAttributeValues: {
              ':ends': processingEnds,
              ':from': encodeTime(since.getTime(), 10) + '0'.repeat(16),
            },
            ScanIndexForward: false,
            Limit: endsPerRead,
            ...(after !== undefined && { ExclusiveStartKey: after }),
          }),
        )
        ends.push(...(page.Items ?? []).map(toEnd))
        after = page.LastEvaluatedKey
        if (after === undefined) return { ends, from: since }
      }
      return { ends, from: new Date(decodeTime(String(after?.id))) }
    },
  }
}

function toEnd(item: Record<string, unknown>): ProcessingEnd {
  const { imageId, revision, status, durationMs } = item.end as StoredEnd
  return { imageId, revision, status, durationMs, at: new Date(decodeTime(String(item.id))) }
}
