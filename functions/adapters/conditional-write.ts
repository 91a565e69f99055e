import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'

/**
 * What a conditional write answers; null if its condition did not hold. That may also mean that the write itself
 * succeeded, its answer was lost, and the client's second attempt met the result of the first.
 */
export async function ifConditionHolds<Answer>(write: Promise<Answer>): Promise<Answer | null> {
  try {
    return await write
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return null
    throw error
  }
}
