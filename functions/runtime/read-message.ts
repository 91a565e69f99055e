import type * as z from 'zod'
import { childLogger, measure } from './telemetry.ts'

/**
 * A message, parsed on receipt.
 * @throws the parser's error, already logged: such a message will never become readable
 */
export function readMessage<Schema extends z.ZodType>(schema: Schema, text: string, messageId: string) {
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    childLogger({ message_id: messageId }).error('message is not readable', { error })
    measure('MessageUnreadable')
    throw error
  }
}
