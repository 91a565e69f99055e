import { monotonicFactory } from 'ulid'
import type { Ambient } from '../core/ports.ts'

const nextId = monotonicFactory()

/** The system's clock, and ULIDs that grow even within one millisecond of one process. */
export const ambient: Ambient = { now: () => new Date(), newId: () => nextId() }
