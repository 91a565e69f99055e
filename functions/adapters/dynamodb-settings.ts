import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import {
  defaultDisplaySizes,
  defaultRenditionFormats,
  displaySize,
  limits,
  renditionFormat,
} from '@glowworm/events/vocabulary'
import * as z from 'zod'
import type { Settings } from '../core/ports.ts'

/** Checked when read: what does not fit would end up in every job. */
const item = z.object({
  display_sizes: z
    .array(displaySize)
    .max(limits.displaySizes)
    .default([...defaultDisplaySizes]),
  formats: z
    .array(renditionFormat)
    .min(1)
    .default([...defaultRenditionFormats]),
})

export function dynamoDbSettings(table: { client: DynamoDBDocumentClient; tableName: string }): Settings {
  return {
    async displaySettings() {
      const { Item = {} } = await table.client.send(
        new GetCommand({ TableName: table.tableName, Key: { name: 'display' }, ConsistentRead: true }),
      )
      const { display_sizes: displaySizes, formats } = item.parse(Item)
      return { displaySizes, formats }
    },
  }
}
