import * as z from 'zod'
import { displaySettings } from './settings.ts'
import { timestamp, ulid } from './vocabulary.ts'

/** What is rendered has changed. Of any number of these, the one with the highest revision tells how things stand. */
export const settingsChanged = z.object({
  id: ulid.describe('Sorts by time of publication'),
  type: z.literal('settings:changed'),
  revision: z.int().positive(),
  occurred_at: timestamp,
  correlation_id: z.string(),
  data: displaySettings,
})
export type SettingsChanged = z.infer<typeof settingsChanged>
