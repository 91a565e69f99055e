import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import {
  defaultDisplaySizes,
  defaultRenditionFormats,
  displaySize,
  limits,
  renditionFormat,
  timestamp,
} from '@glowworm/events/vocabulary'
import * as z from 'zod'
import type { Settings, StoredDisplaySettings } from '../core/ports.ts'
import { ifConditionHolds } from './conditional-write.ts'

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
  revision: z.int().nonnegative().default(0),
  changed: z.object({ at: timestamp }).nullable().default(null),
})

export function dynamoDbSettings({
  client,
  tableName,
}: {
  client: DynamoDBDocumentClient
  tableName: string
}): Settings {
  async function storedDisplaySettings(): Promise<StoredDisplaySettings> {
    const { Item = {} } = await client.send(
      new GetCommand({ TableName: tableName, Key: { name: 'display' }, ConsistentRead: true }),
    )
    const { display_sizes: displaySizes, ...rest } = item.parse(Item)
    return { displaySizes, ...rest }
  }

  return {
    storedDisplaySettings,

    async displaySettings() {
      const { changed: _, ...settings } = await storedDisplaySettings()
      return settings
    },

    async saveDisplaySettings({ displaySizes, ...rest }, previousRevision) {
      const write = new PutCommand({
        TableName: tableName,
        Item: { name: 'display', display_sizes: displaySizes, ...rest },
        ...(previousRevision === 0
          ? { ConditionExpression: 'attribute_not_exists(revision)' }
          : {
              ConditionExpression: 'revision = :previous',
              ExpressionAttributeValues: { ':previous': previousRevision },
            }),
      })
      return (await ifConditionHolds(client.send(write))) !== null
    },
  }
}
