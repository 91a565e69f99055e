import * as z from 'zod'
import { imageEvent } from './image-events.ts'
import { settingsChanged } from './settings-events.ts'

/** Everything that is published to the `processing-updates` topic, told apart by `type`. */
export const updateEvent = z.discriminatedUnion('type', [...imageEvent.options, settingsChanged])
export type UpdateEvent = z.infer<typeof updateEvent>
