import { BatchWriteCommand, DeleteCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { defaultDisplaySizes, defaultRenditionFormats } from '@glowworm/events/vocabulary'
import fc from 'fast-check'
import { encodeTime, ulid } from 'ulid'
import { describe, expect, test } from 'vitest'
import { completionEvents, processingFailed } from '../core/events-of-image.ts'
import type { PendingUpload } from '../core/ports.ts'
import { batchesOf } from './batches.ts'
import { dynamoDbCheckpoints } from './dynamodb-checkpoints.ts'
import { dynamoDb } from './dynamodb-client.ts'
import { dynamoDbConnections } from './dynamodb-connections.ts'
import { dynamoDbEventLog } from './dynamodb-event-log.ts'
import { dynamoDbProcessingHistory } from './dynamodb-processing-history.ts'
import { dynamoDbSettings } from './dynamodb-settings.ts'
import { dynamoDbSignInGuesses } from './dynamodb-sign-in-guesses.ts'
import { dynamoDbTickets } from './dynamodb-tickets.ts'
import { dynamoDbUploads } from './dynamodb-uploads.ts'
import { processingEnds } from './processing-ends.ts'
import { startDynamoDb } from './testing/aws-stand-ins.ts'
import { anEvent, anImage, sha256 } from './testing/records.ts'
import { createTable } from './testing/tables.ts'

const client = dynamoDb(await startDynamoDb())
const noon = new Date('2026-11-01T12:00:00.000Z')

async function everything(TableName: string) {
  return (await client.send(new ScanCommand({ TableName }))).Items ?? []
}

describe('uploads', () => {
  const upload: PendingUpload = {
    id: '01J00000000000000000000000',
    sha256: sha256('photo.jpg'),
    filename: 'photo.jpg',
    size: 1_000,
    content_type: 'image/jpeg',
    original_key: 'originals/a/b',
    created_at: noon.toISOString(),
    expires_at: '2026-11-01T13:00:00.000Z',
    correlation_id: 'correlation-1',
  }

  test('are kept, and why they were refused with them, whether or not that is settled', async () => {
    const uploads = dynamoDbUploads({ client, tableName: await createTable(client, 'uploads') })
    const refused = { status: 415, code: 'unsupported_format', message: 'No picture.' } as const
    await uploads.create(upload)
    expect(await uploads.get(upload.id)).toEqual(upload)
    await uploads.refuse(upload.id, refused)
    const before = new Date(noon.getTime() + 1)
    expect((await uploads.unsettled(before, null)).uploads).toEqual([{ ...upload, refused }])
    await uploads.settle(upload.id)
    expect(await uploads.get(upload.id)).toEqual({ ...upload, refused })
    expect((await uploads.unsettled(before, null)).uploads).toEqual([])
  })

  test('are looked for ten at a time, and gone on with where that ended', async () => {
    const uploads = dynamoDbUploads({ client, tableName: await createTable(client, 'uploads') })
    const ids = Array.from({ length: 12 }, (_, at) => `01J000000000000000000000${10 + at}`)
    for (const [at, id] of ids.entries()) {
      await uploads.create({ ...upload, id, created_at: new Date(noon.getTime() + at).toISOString() })
    }
    const before = new Date(noon.getTime() + 60_000)
    const { uploads: some, cursor } = await uploads.unsettled(before, null)
    for (const { id } of some) await uploads.settle(id)
    const rest = await uploads.unsettled(before, cursor)
    expect([...some, ...rest.uploads].map(({ id }) => id)).toEqual(ids)
    expect([some.length, rest.cursor]).toEqual([10, null])
  })

  test('are looked for, the oldest first, until it is known what became of them', async () => {
    const uploads = dynamoDbUploads({ client, tableName: await createTable(client, 'uploads') })
    const began = (minute: number): PendingUpload => ({
      ...upload,
      id: `01J0000000000000000000000${minute}`,
      created_at: new Date(noon.getTime() + minute * 60_000).toISOString(),
    })
    for (const minute of [2, 0, 1]) await uploads.create(began(minute))
    const before = new Date(noon.getTime() + 2 * 60_000)
    expect(await uploads.unsettled(before, null)).toEqual({ uploads: [began(0), began(1)], cursor: null })
    await uploads.settle(began(0).id)
    expect(await uploads.unsettled(before, null)).toEqual({ uploads: [began(1)], cursor: null })
    expect(await uploads.get(began(0).id)).toEqual(began(0))
  })

  test('that are forgotten are not brought back by being settled', async () => {
    const uploads = dynamoDbUploads({ client, tableName: await createTable(client, 'uploads') })
    await uploads.settle(upload.id)
    expect(await uploads.get(upload.id)).toBeNull()
  })

  test('outlive their URL by a week', async () => {
    const tableName = await createTable(client, 'uploads')
    await dynamoDbUploads({ client, tableName }).create(upload)
    const [item] = await everything(tableName)
    expect(item?.expires_at_seconds).toBe(Date.parse('2026-11-08T13:00:00.000Z') / 1_000)
  })
})

test('a checkpoint is where it was left, and at the beginning before', async () => {
  const checkpoints = dynamoDbCheckpoints({ client, tableName: await createTable(client, 'settings') })
  expect(await checkpoints.read('walk')).toBeNull()
  await checkpoints.write('walk', 'media/a')
  expect(await checkpoints.read('walk')).toBe('media/a')
  expect(await checkpoints.read('other')).toBeNull()
  await checkpoints.write('walk', null)
  expect(await checkpoints.read('walk')).toBeNull()
})

describe('settings', () => {
  async function settingsWith(item: Record<string, unknown> | null) {
    const tableName = await createTable(client, 'settings')
    if (item !== null) await client.send(new PutCommand({ TableName: tableName, Item: { name: 'display', ...item } }))
    return dynamoDbSettings({ client, tableName }).displaySettings()
  }
  const defaults = { displaySizes: defaultDisplaySizes, formats: defaultRenditionFormats, revision: 0 }

  test('are the defaults until somebody changes them', async () => {
    expect(await settingsWith(null)).toEqual(defaults)
  })

  test('are what is stored, and the defaults for what is not', async () => {
    expect(await settingsWith({ display_sizes: ['800x480'] })).toEqual({ ...defaults, displaySizes: ['800x480'] })
    expect(await settingsWith({ formats: ['avif'] })).toEqual({ ...defaults, formats: ['avif'] })
  })

  test('are refused when no job could carry them', async () => {
    await expect(settingsWith({ display_sizes: ['0x10'] })).rejects.toThrow()
  })

  test('are replaced by one of those who read the same revision', async () => {
    const settings = dynamoDbSettings({ client, tableName: await createTable(client, 'settings') })
    const changed = { at: noon.toISOString() }
    const next = (revision: number, size: string) => ({
      displaySizes: [size],
      formats: ['jpeg'] as const,
      revision,
      changed,
    })
    expect((await settings.storedDisplaySettings()).revision).toBe(0)
    for (const previous of [0, 1]) {
      const saved = ['800x480', '480x800'].map((size) =>
        settings.saveDisplaySettings(next(previous + 1, size), previous),
      )
      expect((await Promise.all(saved)).toSorted()).toEqual([false, true])
      expect(await settings.storedDisplaySettings()).toMatchObject({ revision: previous + 1, changed })
    }
  })
})

describe('the event log', () => {
  const idAt = (secondsAfterNoon: number, tail = '0') =>
    encodeTime(noon.getTime() + secondsAfterNoon * 1_000, 10) + tail.repeat(16)

  async function logWith(...ids: string[]) {
    const tableName = await createTable(client, 'events')
    const log = dynamoDbEventLog({ client, tableName, now: () => new Date(noon.getTime() + 3_600_000) })
    for (const id of ids) await log.append('images', { ...anEvent(id), position: id })
    return { log, tableName }
  }
  const positionsOf = (events: readonly { readonly position: string }[] | null) =>
    events?.map(({ position }) => position)

  test('replays what came after a position, oldest first, and what is there, which its client may not have heard', async () => {
    const { log } = await logWith(idAt(60), idAt(30), idAt(90))
    expect(positionsOf(await log.since('images', idAt(30), 10))).toEqual([idAt(30), idAt(60), idAt(90)])
    expect((await log.since('images', idAt(60), 10))?.[1]).toEqual({ ...anEvent(idAt(90)), position: idAt(90) })
    expect(positionsOf(await log.since('images', idAt(90), 10))).toEqual([idAt(90)])
    expect(await log.since('images', idAt(101), 10)).toEqual([])
  })

  test('replays what was stored late although its position is lower, ten seconds back', async () => {
    const { log } = await logWith(idAt(19.999), idAt(20), idAt(30, 'A'), idAt(30, 'B'), idAt(30, 'C'))
    expect(positionsOf(await log.since('images', idAt(30, 'B'), 10))).toEqual([
      idAt(20),
      ...['A', 'B', 'C'].map((tail) => idAt(30, tail)),
    ])
  })

  test('replays an event from where it arrived, however old it was then, and again from where it arrived again', async () => {
    const { log } = await logWith(idAt(60))
    const old = anEvent(idAt(0))
    for (const position of [idAt(90), idAt(120)]) await log.append('images', { ...old, position })
    expect((await log.since('images', idAt(60), 10))?.slice(1)).toEqual([
      { ...old, position: idAt(90) },
      { ...old, position: idAt(120) },
    ])
    expect(positionsOf(await log.since('images', idAt(101), 10))).toEqual([idAt(120)])
  })

  test('says so when more came than may be replayed', async () => {
    const { log } = await logWith(idAt(0), idAt(1), idAt(2), idAt(3))
    expect(positionsOf(await log.since('images', idAt(0), 3))).toHaveLength(4)
    expect(await log.since('images', idAt(0), 2)).toBeNull()
  })

  test('does not count what it repeats from before the event toward what may be replayed', async () => {
    const { log } = await logWith(...[0, 1, 2, 3, 4, 5].map((second) => idAt(second)))
    expect(positionsOf(await log.since('images', idAt(3), 3))).toEqual([0, 1, 2, 3, 4, 5].map((second) => idAt(second)))
    expect(await log.since('images', idAt(3), 2)).toBeNull()
  })

  test('says so when it does not reach back far enough', async () => {
    const { log } = await logWith(idAt(0))
    expect(await log.since('images', idAt(-23 * 3_600 + 11), 10)).not.toBeNull()
    expect(await log.since('images', idAt(-23 * 3_600 + 9), 10)).toBeNull()
    expect(await log.since('images', '0'.repeat(26), 10)).toBeNull()
  })

  test('reads on where one answer of the table ends', async () => {
    // Each event is large, and a query answers with 1 MB at most.
    const tableName = await createTable(client, 'events')
    const log = dynamoDbEventLog({ client, tableName, now: () => noon })
    const title = 'x'.repeat(300_000)
    for (let second = 1; second <= 5; second++) {
      await log.append('images', { ...anEvent(idAt(second), { title }), position: idAt(second) })
    }
    expect(positionsOf(await log.since('images', idAt(0), 10))).toEqual([1, 2, 3, 4, 5].map((second) => idAt(second)))
  })

  test('knows the latest position, if there is one', async () => {
    expect(await (await logWith(idAt(2), idAt(7), idAt(5))).log.latestPosition('images')).toBe(idAt(7))
    expect(await (await logWith()).log.latestPosition('images')).toBeNull()
  })

  test('lets an event go after a day', async () => {
    const { tableName } = await logWith(idAt(0))
    const [item] = await everything(tableName)
    expect(item?.expires_at_seconds).toBe(noon.getTime() / 1_000 + 86_400)
  })
})

describe('connections', () => {
  async function setUp() {
    const tableName = await createTable(client, 'connections')
    return { tableName, connections: dynamoDbConnections({ client, tableName, now: () => noon }) }
  }

  test('get what they have subscribed to, until they are closed', async () => {
    const { connections, tableName } = await setUp()
    for (const id of ['a', 'b', 'c']) await connections.open(id, 'admin@example.test')
    expect(await connections.subscribe('a', ['images'])).toBe(true)
    expect(await connections.subscribe('b', ['images'])).toBe(true)
    expect(await connections.subscribe('b', ['images'])).toBe(true)
    expect(await connections.subscribers('images')).toEqual(['a', 'b'])

    await connections.close('a')
    await connections.close('a')
    expect(await connections.subscribers('images')).toEqual(['b'])
    expect((await everything(tableName)).map((item) => item.connection_id)).not.toContain('a')
  })

  test('are found from the moment they have subscribed', async () => {
    // As DynamoDB itself promises of a consistent read, and of no index.
    const { tableName } = await setUp()
    const reads: Record<string, unknown>[] = []
    const watched = {
      send: (command: { readonly input: Record<string, unknown> }) => {
        reads.push(command.input)
        return client.send(command as Parameters<typeof client.send>[0])
      },
    } as unknown as typeof client
    await dynamoDbConnections({ client: watched, tableName, now: () => noon }).subscribers('images')
    expect(reads).toMatchObject([{ ConsistentRead: true }])
  })

  test('that are not known cannot subscribe', async () => {
    const { connections } = await setUp()
    expect(await connections.subscribe('a', ['images'])).toBe(false)
    expect(await connections.subscribers('images')).toEqual([])
  })

  test('are forgotten three hours after the last sign of them', async () => {
    const { connections, tableName } = await setUp()
    await connections.open('a', 'admin@example.test')
    await connections.subscribe('a', ['images'])
    const expiries = (await everything(tableName)).map((item) => item.expires_at_seconds)
    expect(expiries).toEqual([1, 1].map(() => noon.getTime() / 1_000 + 3 * 3_600))
  })
})

describe('tickets', () => {
  const clock = { now: noon }
  async function setUp() {
    clock.now = noon
    const tableName = await createTable(client, 'tickets')
    const tickets = dynamoDbTickets({ client, tableName, now: () => clock.now })
    await tickets.create('secret-ticket', 'admin@example.test', new Date(noon.getTime() + 60_000))
    return { tickets, tableName }
  }

  test('are used up by exactly one of many concurrent calls', async () => {
    const { tickets } = await setUp()
    expect(await tickets.isValid('secret-ticket')).toBe(true)
    const users = await Promise.all(Array.from({ length: 20 }, () => tickets.consume('secret-ticket')))
    expect(users.filter((user) => user !== null)).toEqual(['admin@example.test'])
    expect(await tickets.isValid('secret-ticket')).toBe(false)
  })

  test('are of no use once they have expired, deleted or not', async () => {
    const { tickets } = await setUp()
    clock.now = new Date(noon.getTime() + 59_999)
    expect(await tickets.isValid('secret-ticket')).toBe(true)
    clock.now = new Date(noon.getTime() + 60_000)
    expect(await tickets.isValid('secret-ticket')).toBe(false)
    expect(await tickets.consume('secret-ticket')).toBeNull()
  })

  test('are nothing when nobody made them', async () => {
    const { tickets } = await setUp()
    expect(await tickets.isValid('guessed')).toBe(false)
    expect(await tickets.consume('guessed')).toBeNull()
  })

  test('are nothing, whatever is sent in place of one', async () => {
    const { tickets } = await setUp()
    const sent = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5_000 }),
      fc.constantFrom('', sha256('secret-ticket'), 'secret-ticket ', 'SECRET-TICKET', 'secret-ticke'),
    )
    const property = fc.asyncProperty(sent, async (ticket) => {
      expect(await tickets.isValid(ticket)).toBe(false)
      expect(await tickets.consume(ticket)).toBeNull()
    })
    await fc.assert(property, { numRuns: 50 })
    expect(await tickets.isValid('secret-ticket')).toBe(true)
  })

  test('cannot be read from the table', async () => {
    const { tableName } = await setUp()
    const items = await everything(tableName)
    expect(JSON.stringify(items)).not.toContain('secret-ticket')
    expect(items[0]?.expires_at_seconds).toBe(noon.getTime() / 1_000 + 60)
    await client.send(new DeleteCommand({ TableName: tableName, Key: { id: sha256('secret-ticket') } }))
    expect(await everything(tableName)).toEqual([])
  })
})

describe('guesses at passwords', () => {
  const window = { account: 'admin@example.test', network: '192.0.2.1', endsAt: noon }
  async function setUp() {
    const tableName = await createTable(client, 'signInFailures')
    const guesses = dynamoDbSignInGuesses({ client, tableName })
    /** How many of so many at once are counted. */
    const count = async (many: number, change: Partial<typeof window> = {}) => {
      const counted = await Promise.all(Array.from({ length: many }, () => guesses.count({ ...window, ...change }, 5)))
      return counted.filter(Boolean).length
    }
    return { tableName, guesses, count }
  }

  test('are counted up to the limit, however many come at once', async () => {
    const { guesses, count } = await setUp()
    expect(await count(20)).toBe(5)
    expect(await count(1)).toBe(0)
    await guesses.clear(window)
    expect(await count(20)).toBe(5)
  })

  test('are taken back one by one, and never below none', async () => {
    const { guesses, count } = await setUp()
    await guesses.takeBack(window)
    expect(await count(5)).toBe(5)
    await guesses.takeBack(window)
    expect(await count(5)).toBe(1)
    await guesses.clear(window)
    await guesses.takeBack(window)
    expect(await count(20)).toBe(5)
  })

  test('are counted for each account, network and window by itself', async () => {
    const { count } = await setUp()
    await count(5)
    const others = [{ account: 'b@example.test' }, { network: '192.0.2.2' }, { endsAt: new Date(noon.getTime() + 1) }]
    for (const other of others) expect(await count(1, other)).toBe(1)
  })

  test('say in the table neither whose nor from where, and expire', async () => {
    const { count, tableName } = await setUp()
    await count(1)
    expect(await everything(tableName)).toEqual([
      { id: expect.stringMatching(/^[0-9a-f]{64}$/), guesses: 1, expires_at_seconds: noon.getTime() / 1_000 },
    ])
  })
})

describe('the history of processing', () => {
  const minutesLater = (minutes: number) => new Date(noon.getTime() + minutes * 60_000)
  const idAt = (minutes: number) => encodeTime(minutesLater(minutes).getTime(), 10) + '0'.repeat(16)
  const ended = {
    processing_status: 'complete',
    last_processing_attempt: '2026-11-01T12:00:00.000Z',
    processing_completed_at: '2026-11-01T12:00:02.500Z',
  } as const

  test('tells what ended in a time, and how long it took', async () => {
    const tableName = await createTable(client, 'events')
    const log = dynamoDbEventLog({ client, tableName, now: () => noon })
    const image = anImage('photo.jpg', ended)
    const broken = anImage('broken.jpg', {
      processing_status: 'failed',
      processing_error: { code: 'corrupt_image', message: 'Damaged.', stage: 'thumbnails' },
    })
    const at = (minutes: number) => ({ now: () => noon, newId: () => idAt(minutes) })
    const advance = { completed: 0, total: 12 }
    const later = { ...broken, next_retry_at: '2026-11-01T12:01:00.000Z' }
    const events = [
      completionEvents(image, at(-1))[1],
      completionEvents(image, at(1))[1],
      anEvent(idAt(2)),
      processingFailed(later, advance, at(3)),
      processingFailed(broken, advance, at(4)),
    ]
    // Each is delivered twice, and ends its processing once.
    for (const event of [...events, ...events]) await log.append('images', { ...event, position: ulid() })
    expect(await dynamoDbProcessingHistory({ client, tableName }).endsSince(noon)).toEqual({
      ends: [
        { imageId: broken.id, revision: broken.revision, status: 'failed', durationMs: null, at: minutesLater(4) },
        { imageId: image.id, revision: image.revision, status: 'complete', durationMs: 2_500, at: minutesLater(1) },
      ],
      from: noon,
    })
  })

  test('of a busy time is that of its end', async () => {
    const tableName = await createTable(client, 'events')
    const items = Array.from({ length: 5_100 }, (_, index) => ({
      channel: processingEnds,
      id: idAt(index),
      end: { imageId: sha256('photo.jpg'), revision: index + 1, status: 'complete', durationMs: 1_000 },
    }))
    for (const batch of batchesOf(items, 25)) {
      const RequestItems = { [tableName]: batch.map((Item) => ({ PutRequest: { Item } })) }
      await client.send(new BatchWriteCommand({ RequestItems }))
    }
    const { ends, from } = await dynamoDbProcessingHistory({ client, tableName }).endsSince(noon)
    expect([ends.length, ends[0]?.at, from]).toEqual([5_000, minutesLater(5_099), minutesLater(100)])
  })
})
