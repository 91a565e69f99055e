import { type DynamoDBDocumentClient, PutCommand, QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb'
import type { UpdateEvent } from '@glowworm/events/update-events'
import { decodeTime, encodeTime } from 'ulid'
import type { EventLog } from '../core/ports.ts'
import { epochSeconds } from './expiry.ts'
import { endOf, processingEnds } from './processing-ends.ts'

const retentionMs = 24 * 3_600_000

/**
 * Publishers make the ids of their events by their own clocks, and events take different times to get here: one may
 * be stored after another that has a higher id. So a replay begins this much before the last event that the client
 * has seen, and clients drop what they have seen already.
 */
const overlapMs = 10_000

/** @param now decides what is too old to be replayed */
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
    async append(channel, event) {
      const expires_at_seconds = epochSeconds(new Date(Date.parse(event.occurred_at) + retentionMs))
      const end = endOf(event)
      const items = [
        { channel, id: event.id, event, expires_at_seconds },
        ...(end === null ? [] : [{ channel: processingEnds, id: event.id, end, expires_at_seconds }]),
      ]
      // Unconditional: the same id is the same event, and writing it again changes nothing.
      await Promise.all(items.map((Item) => client.send(new PutCommand({ TableName: tableName, Item }))))
    },

    async since(channel, since, limit) {
      // The overlap has a limit of its own: a busy moment before the client left does not use up what it may miss.
      const from = decodeTime(since) - overlapMs
      if (from < now().getTime() - retentionMs) return null
      const events: UpdateEvent[] = []
      let after: Record<string, unknown> | undefined
      do {
        const page: QueryCommandOutput = await client.send(
          new QueryCommand({
            TableName: tableName,
            ConsistentRead: true,
            // Ids sort by time. From the first possible id of that millisecond on.
            KeyConditionExpression: 'channel = :channel AND id >= :from',
            ExpressionAttributeValues: { ':channel': channel, ':from': encodeTime(from, 10) + '0'.repeat(16) },
            // Besides `since` itself, one more than the overlap and the rest may have together tells that it is too much.
            Limit: 2 * limit + 2 - events.length,
            ...(after !== undefined && { ExclusiveStartKey: after }),
          }),
        )
        events.push(...(page.Items ?? []).map((item) => item.event as UpdateEvent).filter(({ id }) => id !== since))
        const overlap = events.filter(({ id }) => id < since).length
        if (overlap > limit || events.length - overlap > limit) return null
        after = page.LastEvaluatedKey
      } while (after !== undefined)
      return events
    },

    async latestId(channel) {
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
