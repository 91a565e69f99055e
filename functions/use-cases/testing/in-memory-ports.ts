import { createHash } from 'node:crypto'
import type { ImageEvent } from '@glowworm/events/image-events'
import {
  type ApplyDisplaySizesJob,
  applyDisplaySizesJob,
  type JobPriority,
  type ProcessImageJob,
  processImageJob,
} from '@glowworm/events/jobs'
import type { SettingsChanged } from '@glowworm/events/settings-events'
import type { SentUpdate, ServerMessage } from '@glowworm/events/socket-messages'
import { type UpdateEvent, updateEvent } from '@glowworm/events/update-events'
import { defaultDisplaySizes, defaultRenditionFormats, imageId } from '@glowworm/events/vocabulary'
import { ImageError } from '../../core/errors.ts'
import type { ImageRecord } from '../../core/image-record.ts'
import { renditionPrefix } from '../../core/object-keys.ts'
import type {
  AuthenticatedUser,
  Backfills,
  Checkpoints,
  Connections,
  DeadBackfills,
  DeadLetter,
  DeadLetterBox,
  DeadLetters,
  DeadUpdates,
  EventLog,
  Identity,
  Images,
  Jobs,
  Log,
  ObjectPage,
  Originals,
  PendingUpload,
  Renditions,
  Session,
  Settings,
  SignInGuesses,
  SignInWindow,
  Sockets,
  StoredDisplaySettings,
  Tickets,
  Updates,
  Uploads,
} from '../../core/ports.ts'
import { turn } from './turn.ts'

export function inMemoryImages(): Images & { readonly records: Map<string, ImageRecord> } {
  const records = new Map<string, ImageRecord>()
  return {
    records,
    async get(id) {
      await turn()
      return records.get(id) ?? null
    },
    async getMany(ids) {
      await turn()
      return new Map(ids.flatMap((id) => (records.has(id) ? [[id, records.get(id) as ImageRecord] as const] : [])))
    },
    async create(record) {
      await turn()
      imageId.parse(record.id)
      if (records.has(record.id)) return false
      records.set(record.id, record)
      return true
    },
    async save(record, previousRevision) {
      await turn()
      const stored = records.get(record.id)
      if (stored?.revision !== previousRevision || stored.original_key !== record.original_key) return false
      records.set(record.id, record)
      return true
    },
    async remove({ id, revision }) {
      await turn()
      const stored = records.get(id)
      if (stored?.deleted_at != null && stored.revision === revision) records.delete(id)
    },
    async untouchedSince(before, status, { after, length }) {
      await turn()
      const ofStatus = [...records.values()]
        .filter((record) => (record.deleted_at === null ? record.processing_status : 'deleting') === status)
        .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
        .filter((record) => after === null || placeOf(record) > after)
      const looked = ofStatus.slice(0, length)
      const [last] = looked.slice(-1)
      return {
        records: looked.filter(({ updated_at }) => Date.parse(updated_at) < before.getTime()),
        next: ofStatus.length > length && last !== undefined ? placeOf(last) : null,
      }
    },
    async count(status, atMost) {
      await turn()
      const found = [...records.values()].filter(
        (record) => record.deleted_at === null && record.processing_status === status,
      )
      return Math.min(found.length, atMost)
    },
    async countVariants(groups, atMost) {
      await turn()
      const living = [...records.values()].filter(({ deleted_at }) => deleted_at === null).slice(0, atMost)
      const sound = living.filter(({ processing_status }) => processing_status !== 'failed')
      const has = ({ renditions }: ImageRecord, group: readonly string[]) => group.every((name) => name in renditions)
      const having = groups.map((group) => sound.filter((record) => has(record, group)).length)
      return { images: sound.length, failed: living.length - sound.length, having }
    },
    async list({ limit, text, status, cursor }) {
      await turn()
      const found = [...records.values()].filter(
        (record) =>
          record.deleted_at === null &&
          (status === null || record.processing_status === status) &&
          (text ?? '').split(' ').every((word) => record.original_filename.toLowerCase().includes(word)),
      )
      const from = cursor === null ? 0 : found.findIndex(({ id }) => id === cursor) + 1
      const page = found.slice(from, from + limit)
      return { records: page, cursor: found.length > from + limit ? (page.at(-1)?.id ?? null) : null }
    },
  }
}

const placeOf = ({ uploaded_at, id }: ImageRecord): string => `${uploaded_at} ${id}`

export function inMemoryUploads(): Uploads & {
  readonly pending: Map<string, PendingUpload>
  readonly settled: Set<string>
} {
  const pending = new Map<string, PendingUpload>()
  const settled = new Set<string>()
  return {
    pending,
    settled,
    async create(upload) {
      await turn()
      pending.set(upload.id, upload)
    },
    async get(id) {
      await turn()
      return pending.get(id) ?? null
    },
    async refuse(id, refused) {
      await turn()
      const upload = pending.get(id)
      if (upload !== undefined) pending.set(id, { ...upload, refused })
    },
    async unsettled(before, cursor) {
      await turn()
      const found = [...pending.values()]
        .filter(({ id, created_at }) => !settled.has(id) && Date.parse(created_at) < before.getTime())
        .filter(({ id }) => cursor === null || id > cursor)
      const page = found.slice(0, 2)
      return { uploads: page, cursor: found.length > page.length ? (page.at(-1)?.id ?? null) : null }
    },
    async settle(id) {
      await turn()
      settled.add(id)
    },
  }
}

/** Keys a page in listings, so that few objects are several pages. */
const fewKeys = 3

function listedIn(
  objects: ReadonlyMap<string, Uint8Array>,
  written: ReadonlyMap<string, Date>,
  keysPerPage: number = fewKeys,
) {
  return async (after: string | null): Promise<ObjectPage> => {
    await turn()
    const keys = [...objects.keys()].toSorted().filter((key) => after === null || key > after)
    const page = keys.slice(0, keysPerPage)
    return {
      objects: page.map((key) => ({ key, lastModified: written.get(key) ?? new Date(0) })),
      next: keys.length > page.length ? (page.at(-1) ?? null) : null,
    }
  }
}

/** `written` says when an object was stored, for those that are not old. */
export function inMemoryOriginals(keysPerPage?: number): Originals & {
  readonly objects: Map<string, Uint8Array>
  readonly written: Map<string, Date>
} {
  const objects = new Map<string, Uint8Array>()
  const written = new Map<string, Date>()
  return {
    objects,
    written,
    list: listedIn(objects, written, keysPerPage),
    async exists(key) {
      await turn()
      return objects.has(key)
    },
    async put(key, bytes, { sha256 }) {
      await turn()
      if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error('Expected the declared SHA-256')
      objects.set(key, bytes)
    },
    async read(key) {
      await turn()
      const bytes = objects.get(key)
      if (bytes === undefined) throw new ImageError('original_missing', `There is no object ${key}.`)
      return bytes
    },
    async open(key) {
      await turn()
      const bytes = objects.get(key)
      if (bytes === undefined) return null
      return { size: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) }
    },
    async delete(key) {
      await turn()
      objects.delete(key)
    },
    async signPut(upload) {
      return { method: 'PUT', url: `https://storage.example/${upload.original_key}`, headers: {} }
    },
    async signGet(record) {
      return `https://storage.example/${record.original_key}?signed`
    },
  }
}

/** `written` says when an object was stored, for those that are not old. */
export function inMemoryRenditions(keysPerPage?: number): Renditions & {
  readonly objects: Map<string, Uint8Array>
  readonly written: Map<string, Date>
} {
  const objects = new Map<string, Uint8Array>()
  const written = new Map<string, Date>()
  return {
    objects,
    written,
    list: listedIn(objects, written, keysPerPage),
    async exists(key) {
      await turn()
      return objects.has(key)
    },
    async delete(keys) {
      await turn()
      for (const key of keys) objects.delete(key)
    },
    async put(key, bytes) {
      await turn()
      objects.set(key, bytes)
      return `"${createHash('md5').update(bytes).digest('hex')}"`
    },
    async deleteAll(id) {
      await turn()
      for (const key of objects.keys()) if (key.startsWith(renditionPrefix(id))) objects.delete(key)
    },
    async deleteAllBut(id, keys) {
      await turn()
      for (const key of objects.keys()) {
        if (key.startsWith(renditionPrefix(id)) && !keys.includes(key)) objects.delete(key)
      }
    },
  }
}

export function inMemoryCheckpoints(): Checkpoints {
  const positions = new Map<string, string | null>()
  return {
    async read(walk) {
      await turn()
      return positions.get(walk) ?? null
    },
    async write(walk, position) {
      await turn()
      positions.set(walk, position)
    },
  }
}

export function inMemoryJobs(): Jobs & { readonly sent: { job: ProcessImageJob; priority: JobPriority }[] } {
  const sent: { job: ProcessImageJob; priority: JobPriority }[] = []
  return {
    sent,
    async send(job, priority) {
      await turn()
      sent.push({ job: processImageJob.parse(job), priority })
    },
  }
}

/** Those that come first are received first: the order in which looked-at letters could keep others from their turn. */
export function inMemoryDeadLetters(now: () => Date = () => new Date(0)): DeadLetters & {
  readonly letters: Record<DeadLetterBox, DeadLetter[]>
} {
  const letters: Record<DeadLetterBox, DeadLetter[]> = { high: [], normal: [], low: [], direct: [] }
  const hiddenUntil = new Map<string, number>()
  const hide = (receipts: readonly string[], seconds: number) => {
    for (const receipt of receipts) hiddenUntil.set(receipt, now().getTime() + seconds * 1000)
  }
  return {
    letters,
    async receive(box, atMost) {
      await turn()
      const isVisible = ({ receipt }: DeadLetter) => (hiddenUntil.get(receipt) ?? 0) <= now().getTime()
      const received = letters[box].filter(isVisible).slice(0, atMost)
      const receipts = received.map(({ receipt }) => receipt)
      hide(receipts, 60)
      return received
    },
    async remove(box, receipt) {
      await turn()
      letters[box] = letters[box].filter((letter) => letter.receipt !== receipt)
    },
    async release(_box, receipts, seconds) {
      await turn()
      hide(receipts, seconds)
    },
  }
}

export function inMemoryDeadUpdates(...events: readonly (UpdateEvent | null)[]): DeadUpdates & {
  readonly left: () => readonly (UpdateEvent | null)[]
} {
  const letters = new Map(events.map((event, at) => [`receipt-${at}`, event]))
  const held = new Set<string>()
  return {
    left: () => [...letters].flatMap(([receipt, event]) => (held.has(receipt) ? [] : [event])),
    async receive(atMost) {
      await turn()
      const found = [...letters].filter(([receipt]) => !held.has(receipt)).slice(0, atMost)
      return found.map(([receipt, event]) => {
        held.add(receipt)
        return { event, receipt }
      })
    },
    async remove(receipt) {
      await turn()
      letters.delete(receipt)
    },
    async release(receipts) {
      await turn()
      for (const receipt of receipts) held.delete(receipt)
    },
  }
}

export function inMemoryUpdates(): Updates & {
  readonly events: ImageEvent[]
  readonly ofSettings: SettingsChanged[]
} {
  const events: ImageEvent[] = []
  const ofSettings: SettingsChanged[] = []
  return {
    events,
    ofSettings,
    async publish(event) {
      await turn()
      const parsed = updateEvent.parse(event)
      if (parsed.type === 'settings:changed') ofSettings.push(parsed)
      else events.push(parsed)
    },
  }
}

export function inMemorySettings(): Settings {
  let stored: StoredDisplaySettings = {
    displaySizes: defaultDisplaySizes,
    formats: defaultRenditionFormats,
    revision: 0,
    changed: null,
  }
  const read = async () => {
    await turn()
    return stored
  }
  return {
    displaySettings: read,
    storedDisplaySettings: read,
    async saveDisplaySettings(settings, previousRevision) {
      await turn()
      if (stored.revision !== previousRevision) return false
      stored = settings
      return true
    },
  }
}

export function inMemoryDeadBackfills(...jobs: readonly (ApplyDisplaySizesJob | null)[]): DeadBackfills & {
  readonly left: () => readonly (ApplyDisplaySizesJob | null)[]
} {
  const letters = new Map(jobs.map((job, at) => [`receipt-${at}`, job]))
  return {
    left: () => [...letters.values()],
    async receive(atMost) {
      await turn()
      return [...letters].slice(0, atMost).map(([receipt, job]) => ({ job, receipt }))
    },
    async remove(receipt) {
      await turn()
      letters.delete(receipt)
    },
    release: turn,
  }
}

export function inMemoryBackfills(): Backfills & { readonly begun: ApplyDisplaySizesJob[] } {
  const begun: ApplyDisplaySizesJob[] = []
  return {
    begun,
    async begin(job) {
      await turn()
      begun.push(applyDisplaySizesJob.parse(job))
    },
  }
}

export function inMemoryEventLog(): EventLog & { readonly events: SentUpdate[] } {
  const events: SentUpdate[] = []
  return {
    events,
    async append(_channel, event) {
      await turn()
      events.push(event)
    },
    async since(_channel, since, limit) {
      await turn()
      if (!events.some(({ position }) => position === since)) return null
      const there = events
        .filter(({ position }) => position >= since)
        .sort((a, b) => (a.position < b.position ? -1 : 1))
      return there.length > limit + 1 ? null : there
    },
    async latestPosition() {
      await turn()
      const positions = events.map(({ position }) => position)
      return positions.toSorted().at(-1) ?? null
    },
  }
}

export function inMemoryConnections(): Connections & { readonly open: Connections['open'] } {
  const users = new Map<string, string>()
  const channels = new Map<string, Set<string>>()
  return {
    async open(connectionId, user) {
      await turn()
      users.set(connectionId, user)
    },
    async subscribe(connectionId, wanted) {
      await turn()
      if (!users.has(connectionId)) return false
      for (const channel of wanted) channels.set(channel, (channels.get(channel) ?? new Set()).add(connectionId))
      return true
    },
    async subscribers(channel) {
      await turn()
      return [...(channels.get(channel) ?? [])]
    },
    async close(connectionId) {
      await turn()
      users.delete(connectionId)
      for (const subscribed of channels.values()) subscribed.delete(connectionId)
    },
  }
}

/** @param gone connections whose client has left */
export function inMemorySockets(gone: readonly string[] = []): Sockets & {
  readonly sent: Map<string, ServerMessage[]>
  readonly disconnected: string[]
} {
  const sent = new Map<string, ServerMessage[]>()
  const disconnected: string[] = []
  return {
    sent,
    disconnected,
    async disconnect(connectionId) {
      await turn()
      disconnected.push(connectionId)
    },
    async send(connectionId, message) {
      await turn()
      if (gone.includes(connectionId)) return 'gone'
      sent.set(connectionId, [...(sent.get(connectionId) ?? []), message])
      return 'sent'
    },
  }
}

export function inMemoryTickets(now: () => Date): Tickets {
  const tickets = new Map<string, { user: string; expiresAt: Date }>()
  const find = (ticket: string) => {
    const found = tickets.get(ticket)
    return found !== undefined && found.expiresAt > now() ? found : null
  }
  return {
    async create(ticket, user, expiresAt) {
      tickets.set(ticket, { user, expiresAt })
    },
    async isValid(ticket) {
      return find(ticket) !== null
    },
    async consume(ticket) {
      const found = find(ticket)
      tickets.delete(ticket)
      return found?.user ?? null
    },
  }
}

export function inMemorySignInGuesses(): SignInGuesses {
  const counts = new Map<string, number>()
  const keyOf = (window: SignInWindow) => JSON.stringify(window)
  const counted = (window: SignInWindow) => counts.get(keyOf(window)) ?? 0
  return {
    async count(window, atMost) {
      await turn()
      if (counted(window) >= atMost) return false
      counts.set(keyOf(window), counted(window) + 1)
      return true
    },
    async takeBack(window) {
      await turn()
      if (counted(window) > 0) counts.set(keyOf(window), counted(window) - 1)
    },
    async clear(window) {
      await turn()
      counts.delete(keyOf(window))
    },
  }
}

/** One user, whose sessions are good until they are ended with `expire`. */
export function inMemoryIdentity(user: AuthenticatedUser & { readonly password: string }): Identity & {
  expire(accessToken: string): void
} {
  const access = new Set<string>()
  const refresh = new Set<string>()
  let sessions = 0
  const begin = (refreshToken: string | null): Session => {
    const accessToken = `access-${++sessions}`
    access.add(accessToken)
    return { accessToken, refreshToken, expiresAt: user.expiresAt }
  }
  return {
    expire: (accessToken) => access.delete(accessToken),
    async signIn(email, password) {
      if (email !== user.email || password !== user.password) return null
      const refreshToken = `refresh-${sessions}`
      refresh.add(refreshToken)
      return begin(refreshToken)
    },
    async refresh(refreshToken) {
      return refresh.has(refreshToken) ? begin(null) : null
    },
    async signOut(refreshToken) {
      refresh.delete(refreshToken)
    },
    async authenticate(accessToken) {
      if (!access.has(accessToken)) return null
      return { email: user.email, groups: user.groups, expiresAt: user.expiresAt }
    },
  }
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly about: Readonly<Record<string, unknown>>
}

export function inMemoryLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const write = (level: LogLine['level']) => (message: string, about: LogLine['about']) => {
    lines.push({ level, message, about })
  }
  return { lines, info: write('info'), warn: write('warn'), error: write('error') }
}

/** Those about an image that a search for its correlation id would not find. Where no request is, nothing else adds it. */
export const untraceable = ({ lines }: { readonly lines: readonly LogLine[] }): readonly LogLine[] =>
  lines.filter(({ about }) => about.image_id !== undefined && about.correlation_id === undefined)
