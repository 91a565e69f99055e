import { createHash } from 'node:crypto'
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { SignInFailures, SignInWindow } from '../core/ports.ts'
import { ifConditionHolds } from './conditional-write.ts'
import { epochSeconds } from './expiry.ts'

/** Counters of refused sign-ins. Who reads the table learns neither accounts nor addresses, only how often. */
export function dynamoDbSignInFailures({
  client,
  tableName,
}: {
  client: DynamoDBDocumentClient
  tableName: string
}): SignInFailures {
  return {
    async count(window) {
      const { Item } = await client.send(
        new GetCommand({ TableName: tableName, Key: keyOf(window), ConsistentRead: true }),
      )
      return (Item?.failures as number | undefined) ?? 0
    },

    async add(window, atMost) {
      const update = new UpdateCommand({
        TableName: tableName,
        Key: keyOf(window),
        UpdateExpression: 'ADD failures :one SET expires_at_seconds = :expiry',
        // The first failure of the window, or one that there still was room for.
        ConditionExpression: 'attribute_not_exists(failures) OR failures < :atMost',
        ExpressionAttributeValues: { ':one': 1, ':atMost': atMost, ':expiry': epochSeconds(window.endsAt) },
      })
      return (await ifConditionHolds(client.send(update))) !== null
    },

    async clear(window) {
      await client.send(new DeleteCommand({ TableName: tableName, Key: keyOf(window) }))
    },
  }
}

/** A window has a counter of its own, so nothing has to be reset when it is over; the table forgets it. */
function keyOf({ account, address, endsAt }: SignInWindow): { id: string } {
  const parts = JSON.stringify([account, address, endsAt.getTime()])
  return { id: createHash('sha256').update(parts).digest('hex') }
}
