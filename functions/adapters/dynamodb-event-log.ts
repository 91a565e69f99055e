import { type DynamoDBDocumentClient, PutCommand, QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb'
import type { SentUpdate } from '@glowworm/events/socket-messages'
import type { UpdateEvent } from '@glowworm/events/update-events'
import { decodeTime, encodeTime } from 'ulid'
import { replayOverlapMs } from '../core/log-positions.ts'
import type { EventLog } from '../core/ports.ts'
import { epochSeconds } from './expiry.ts'
import { endOf, processingEnds } from './processing-ends.ts'

const retentionMs = 24 * 3_600_000

/** The sort key `id` is the position. @param now decides what is too old to be replayed */
export function dynamoDbEventLog({
  client,
  tableName,
  now,
}: {
  client: DynamoDBDocumentClient
  tableName: string
  now: () => Date
}): EventLog {
  return {
    async append(channel, { position, ...event }) {
      const expires_at_seconds = epochSeconds(new Date(timeOf(position) + retentionMs))
      const end = endOf(event)
      const items = [
        { channel, id: position, event, expires_at_seconds },
        // Once for each event, however often it is appended: ends are counted.
        ...(end === null ? [] : [{ channel: processingEnds, id: event.id, end, expires_at_seconds }]),
      ]
      await Promise.all(items.map((Item) => client.send(new PutCommand({ TableName: tableName, Item }))))
    },

    async since(channel, since, limit) {
      // The overlap has a limit of its own: a busy moment before the client left does not use up what it may miss.
      const from = timeOf(since) - replayOverlapMs
      if (from < now().getTime() - retentionMs) return null
      const events: SentUpdate[] = []
      let after: Record<string, unknown> | undefined
      do {
        const page: QueryCommandOutput = await client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            // Positions sort by time. From the first possible id of that millisecond on.
            KeyConditionExpression: 'channel = :channel AND id >= :from',
            ExpressionAttributeValues: { ':channel': channel, ':from': encodeTime(from, 10) + '0'.repeat(16) },
            // Besides `since` itself, one more than the overlap and the rest may have together tells that it is too much.
            Limit: 2 * limit + 2 - events.length,
            ...(after !== undefined && { ExclusiveStartKey: after }),
          }),
        )
        events.push(...(page.Items ?? []).map(toUpdate))
        const overlap = events.filter(({ position }) => position < since).length
        const later = events.filter(({ position }) => position > since).length
        if (overlap > limit || later > limit) return null
        after = page.LastEvaluatedKey
      } while (after !== undefined)
      return events
    },

    async latestPosition(channel) {
      const { Items } = await client.send(
        new QueryCommand({
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: 'channel = :channel',
          ExpressionAttributeValues: { ':channel': channel },
          ProjectionExpression: 'id',
          ScanIndexForward: false,
          Limit: 1,
        }),
      )
      return (Items?.[0]?.id as string | undefined) ?? null
    },
  }
}

/** When a position was made, in milliseconds since 1970. */
export const timeOf = (position: string): number => decodeTime(position)

const toUpdate = (item: Record<string, unknown>) => ({ ...(item.event as UpdateEvent), position: String(item.id) })
