import { createHash } from 'node:crypto'
import { DeleteCommand, type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import type { SignInGuesses, SignInWindow } from '../core/ports.ts'
import { ifConditionHolds } from './conditional-write.ts'
import { epochSeconds } from './expiry.ts'

/** Counters of passwords that were tried. Who reads the table learns neither accounts nor networks, only how often. */
export function dynamoDbSignInGuesses({
  client,
  tableName,
}: {
  client: DynamoDBDocumentClient
  tableName: string
}): SignInGuesses {
  return {
    async count(window, atMost) {
      const update = new UpdateCommand({
        TableName: tableName,
        Key: keyOf(window),
        UpdateExpression: 'ADD guesses :one SET expires_at_seconds = :expiry',
        // The first of the window, or one that there still is room for.
        ConditionExpression: 'attribute_not_exists(guesses) OR guesses < :atMost',
        ExpressionAttributeValues: { ':one': 1, ':atMost': atMost, ':expiry': epochSeconds(window.endsAt) },
      })
      return (await ifConditionHolds(client.send(update))) !== null
    },

    async takeBack(window) {
      const update = new UpdateCommand({
        TableName: tableName,
        Key: keyOf(window),
        UpdateExpression: 'ADD guesses :minusOne',
        // Not if a right one has begun anew meanwhile.
        ConditionExpression: 'guesses > :none',
        ExpressionAttributeValues: { ':minusOne': -1, ':none': 0 },
      })
      await ifConditionHolds(client.send(update))
    },

    async clear(window) {
      await client.send(new DeleteCommand({ TableName: tableName, Key: keyOf(window) }))
    },
  }
}

/** A window has a counter of its own, so nothing has to be reset when it is over; the table forgets it. */
function keyOf({ account, network, endsAt }: SignInWindow): { id: string } {
  const parts = JSON.stringify([account, network, endsAt.getTime()])
  return { id: createHash('sha256').update(parts).digest('hex') }
}
