import { BatchWriteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { beforeEach, describe, expect, test } from 'vitest'
import { markDeleted } from '../core/image-lifecycle.ts'
import type { ImageRecord } from '../core/image-record.ts'
import type { ImageQuery, Images, UntouchedImages } from '../core/ports.ts'
import { batchesOf } from './batches.ts'
import { dynamoDb } from './dynamodb-client.ts'
import { dynamoDbImages } from './dynamodb-images.ts'
import { startDynamoDb } from './testing/aws-stand-ins.ts'
import { anImage } from './testing/records.ts'
import { createTable } from './testing/tables.ts'

const client = dynamoDb(await startDynamoDb())
let tableName: string
let images: Images

beforeEach(async () => {
  tableName = await createTable(client, 'images')
  images = dynamoDbImages({ client, tableName })
})

const later = new Date('2026-11-02T00:00:00.000Z')

async function stored(...records: ImageRecord[]): Promise<void> {
  for (const record of records) await images.create(record)
}

describe('images that nobody has written to', () => {
  const all = { after: null, length: 10 }
  const noon = new Date('2026-11-02T12:00:00.000Z')
  const touched = (name: string, updated_at: Date, change: Partial<ImageRecord> = {}) =>
    anImage(name, { updated_at: updated_at.toISOString(), ...change })

  test('since then are found by their status', async () => {
    const old = touched('old.jpg', new Date(noon.getTime() - 1))
    await stored(old, touched('new.jpg', noon), touched('failed.jpg', later, { processing_status: 'failed' }))
    expect(await images.untouchedSince(noon, old.processing_status, all)).toEqual({ records: [old], next: null })
  })

  test('are found half deleted, too, and in no listing', async () => {
    const tombstone = markDeleted(anImage(), later)
    await stored(tombstone)
    expect(await images.untouchedSince(noon, 'deleting', all)).toEqual({ records: [tombstone], next: null })
    expect(await images.count(tombstone.processing_status, 10)).toBe(0)
  })

  test('are looked for stretch by stretch, the oldest upload first, and each is looked at once', async () => {
    const uploaded = (name: string, day: number, updated_at: Date) =>
      touched(name, updated_at, { uploaded_at: new Date(Date.UTC(2026, 10, day)).toISOString() })
    const old = ['e', 'd', 'c', 'b', 'a'].map((name, day) => uploaded(name, day + 1, later))
    await stored(uploaded('new', 0, noon), ...old)
    const stretches: string[][] = []
    let after: string | null = null
    do {
      const stretch: UntouchedImages = await images.untouchedSince(noon, 'pending', { after, length: 2 })
      stretches.push(stretch.records.map(({ original_filename }) => original_filename).toSorted())
      after = stretch.next
    } while (after !== null)
    // The last may be empty: DynamoDB learns only then that there is nothing more.
    expect(stretches.filter(({ length }) => length > 0)).toEqual([['e'], ['c', 'd'], ['a', 'b']])
  })
})

describe('one image', () => {
  test('comes back as it was created, without the attributes of the indexes', async () => {
    const record = anImage('ä.jpg', {
      exif: {
        captured_at: null,
        camera_make: 'Acme',
        camera_model: 'One',
        lens: null,
        iso: 100,
        f_number: 1.8,
        exposure: 0.005,
        focal_length: 4.2,
        has_gps: true,
        gps: { latitude: 1.25, longitude: -2.5, altitude: null },
      },
      lease: { owner: 'worker', expires_at: 1_793_534_400_000 },
    })
    expect(await images.create(record)).toBe(true)
    expect(await images.get(record.id)).toEqual(record)
  })

  test('is null when there is none', async () => {
    expect(await images.get(anImage().id)).toBeNull()
  })

  test('is created by exactly one of many concurrent calls', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => images.create(anImage())))
    expect(answers.filter((created) => created)).toHaveLength(1)
  })

  test('is not created over a tombstone', async () => {
    await stored(markDeleted(anImage(), later))
    expect(await images.create(anImage())).toBe(false)
  })

  test('is saved by exactly one of many writers that read the same revision', async () => {
    const { revision } = anImage()
    await stored(anImage())
    const writers = Array.from({ length: 20 }, (_, at) =>
      anImage('photo.jpg', { revision: revision + 1, title: `writer ${at}` }),
    )
    const answers = await Promise.all(writers.map((record) => images.save(record, revision)))
    expect(answers.filter((saved) => saved)).toHaveLength(1)
    expect((await images.get(anImage().id))?.title).toBe(writers[answers.indexOf(true)]?.title)
  })

  test('is not overwritten by a writer who knows it from before it was deleted and sent again', async () => {
    const before = anImage()
    await stored({ ...before, original_key: 'originals/another-upload' })
    expect(await images.save({ ...before, title: 'from an earlier life' }, before.revision)).toBe(false)
  })

  test('is not made again by a writer that comes after its removal', async () => {
    expect(await images.save(anImage('photo.jpg', { revision: 2 }), 1)).toBe(false)
    expect(await images.get(anImage().id)).toBeNull()
  })

  test('is removed once it is a tombstone, however often', async () => {
    const tombstone = markDeleted(anImage(), later)
    await stored(tombstone)
    await images.remove(tombstone)
    await images.remove(tombstone)
    expect(await images.get(tombstone.id)).toBeNull()
  })

  test('is not removed while it lives', async () => {
    await stored(anImage())
    await images.remove(anImage())
    await images.remove(markDeleted(anImage(), later))
    expect(await images.get(anImage().id)).not.toBeNull()
  })

  test.each([
    ['upload', { original_key: 'originals/another-upload' }],
    ['revision', { revision: 7 }],
  ])('is not removed as a tombstone of another %s', async (_what, change) => {
    const tombstone = markDeleted(anImage(), later)
    await stored({ ...tombstone, ...change })
    await images.remove(tombstone)
    expect(await images.get(tombstone.id)).not.toBeNull()
  })
})

describe('many images by id', () => {
  test('gives those that exist, each once, over several calls', async () => {
    const records = Array.from({ length: 130 }, (_, at) => anImage(`${at}.jpg`))
    await Promise.all(records.map((record) => images.create(record)))
    const ids = [...records.map(({ id }) => id), anImage('unknown').id, records[0]?.id ?? '']
    const found = await images.getMany(ids)
    expect(found.size).toBe(130)
    expect(found.get(anImage('7.jpg').id)).toEqual(anImage('7.jpg'))
  })

  test('gives none for none', async () => {
    expect((await images.getMany([])).size).toBe(0)
  })
})

describe('the count of variants', () => {
  const file = { width: 1, height: 1, format: 'jpeg', bytes: 1, key: 'media/a/1x1.12345678.jpg', etag: 'e' } as const
  const having = (name: string, day: number, names: readonly string[], change: Partial<ImageRecord> = {}) =>
    anImage(name, {
      uploaded_at: new Date(Date.UTC(2026, 10, day)).toISOString(),
      renditions: Object.fromEntries(names.map((each) => [each, file])),
      ...change,
    })
  const groups = [['16x16.jpg', '16x16.webp'], ['32x32.jpg'], []]

  beforeEach(() =>
    stored(
      having('a.jpg', 1, ['150.jpg', '16x16.jpg', '16x16.webp', '32x32.jpg']),
      having('b.jpg', 2, ['150.jpg', '16x16.jpg']),
      having('c.jpg', 3, ['32x32.jpg'], { processing_status: 'failed' }),
      markDeleted(having('gone.jpg', 4, ['32x32.jpg']), later),
    ),
  )

  test('is of images that have every one of a group; those that failed are counted apart', async () => {
    expect(await images.countVariants(groups, 10)).toEqual({ images: 2, failed: 1, having: [1, 1, 2] })
  })

  test('follows a change of the record', async () => {
    const record = having('b.jpg', 2, ['32x32.jpg'])
    await images.save({ ...record, revision: record.revision + 1 }, record.revision)
    expect(await images.countVariants(groups, 10)).toMatchObject({ having: [1, 2, 2] })
  })

  test('begins with the newest and goes no further than asked', async () => {
    expect(await images.countVariants(groups, 2)).toEqual({ images: 1, failed: 1, having: [0, 0, 1] })
  })
})

describe('a listing', () => {
  const at = (day: number) => new Date(Date.UTC(2026, 10, day)).toISOString()
  const query = (change: Partial<ImageQuery> = {}): ImageQuery => ({
    status: null,
    text: null,
    sort: '-uploaded_at',
    limit: 10,
    cursor: null,
    ...change,
  })
  const names = async (change: Partial<ImageQuery>) =>
    (await images.list(query(change))).records.map((record) => record.original_filename)

  /** Every page, one after another. */
  async function pages(change: Partial<ImageQuery>): Promise<string[][]> {
    const all: string[][] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<Images['list']>> = await images.list(query({ ...change, cursor }))
      all.push(page.records.map((record) => record.original_filename))
      cursor = page.cursor
    } while (cursor !== null && all.length < 50)
    return all
  }

  beforeEach(() =>
    stored(
      anImage('b.jpg', { uploaded_at: at(1), processing_status: 'complete' }),
      anImage('C.jpg', { uploaded_at: at(2), processing_status: 'failed' }),
      anImage('a.jpg', { uploaded_at: at(3), processing_status: 'complete', title: 'Großmutter' }),
      // Two characters that are one letter, as some systems write it.
      anImage('Mo\u0308we.jpg', { uploaded_at: at(4), processing_status: 'failed' }),
      markDeleted(anImage('gone.jpg', { uploaded_at: at(5) }), later),
    ),
  )

  test.each([
    ['-uploaded_at', ['Mo\u0308we.jpg', 'a.jpg', 'C.jpg', 'b.jpg']],
    ['uploaded_at', ['b.jpg', 'C.jpg', 'a.jpg', 'Mo\u0308we.jpg']],
    ['original_filename', ['a.jpg', 'b.jpg', 'C.jpg', 'Mo\u0308we.jpg']],
    ['-original_filename', ['Mo\u0308we.jpg', 'C.jpg', 'b.jpg', 'a.jpg']],
  ] as const)('sorts by %s, and leaves tombstones out', async (sort, expected) => {
    expect(await names({ sort })).toEqual(expected)
  })

  test.each([
    ['-uploaded_at', ['Mo\u0308we.jpg', 'C.jpg']],
    ['original_filename', ['C.jpg', 'Mo\u0308we.jpg']],
  ] as const)('filters by status, sorted by %s', async (sort, expected) => {
    expect(await names({ sort, status: 'failed' })).toEqual(expected)
  })

  test.each([
    ['.jpg', 4],
    ['möwe', 1],
    ['großm', 1],
    ['jpg möwe', 1],
    ['möwe nothing', 0],
    ['gone', 0],
    ['nothing like it', 0],
  ])('finds %s in names and titles', async (text, count) => {
    expect(await names({ text })).toHaveLength(count)
  })

  test('finds a camera', async () => {
    const exif = { camera_make: 'Acme', camera_model: 'One' } as ImageRecord['exif']
    await stored(anImage('d.jpg', { uploaded_at: at(6), exif }))
    expect(await names({ text: 'acme', status: 'pending' })).toEqual(['d.jpg'])
  })

  test.each([
    [{}, [['Mo\u0308we.jpg', 'a.jpg', 'C.jpg'], ['b.jpg']]],
    [
      { limit: 2 },
      [
        ['Mo\u0308we.jpg', 'a.jpg'],
        ['C.jpg', 'b.jpg'],
      ],
    ],
    [
      { limit: 2, text: 'jpg', sort: 'original_filename' },
      [
        ['a.jpg', 'b.jpg'],
        ['C.jpg', 'Mo\u0308we.jpg'],
      ],
    ],
    [{ limit: 1, status: 'complete' }, [['a.jpg'], ['b.jpg']]],
  ] as const)('pages through %o without an empty last page', async (change, expected) => {
    expect(await pages({ limit: 3, ...change })).toEqual(expected)
  })

  test('goes on behind its cursor although that image is gone by now', async () => {
    const { cursor } = await images.list(query({ limit: 2 }))
    await images.save(markDeleted(anImage('a.jpg'), later), anImage('a.jpg').revision)
    await images.remove(markDeleted(anImage('a.jpg'), later))
    expect(await names({ limit: 2, cursor })).toEqual(['C.jpg', 'b.jpg'])
  })

  test('leaves out what the index still has and the table has not', async () => {
    // As if the index were behind: the item is in the partition of another status.
    const item = await client.send(new GetCommand({ TableName: tableName, Key: { id: anImage('C.jpg').id } }))
    await client.send(new PutCommand({ TableName: tableName, Item: { ...item.Item, processing_status: 'complete' } }))
    expect(await names({ status: 'failed' })).toEqual(['Mo\u0308we.jpg'])
  })

  test('is counted by status, no further than asked', async () => {
    expect(await Promise.all([images.count('failed', 10), images.count('failed', 1)])).toEqual([
      (await names({ status: 'failed' })).length,
      1,
    ])
    expect(await images.count('processing', 10)).toBe((await names({ status: 'processing' })).length)
  })

  test('refuses the cursor of another query', async () => {
    const { cursor } = await images.list(query({ limit: 2 }))
    const other = images.list(query({ limit: 2, sort: 'uploaded_at', cursor }))
    await expect(other).rejects.toMatchObject({ status: 400, code: 'invalid_request' })
  })

  test('ends a search after a bounded effort and goes on with the next page', async () => {
    // Straight into the index, as small as can be: none of them is what is looked for.
    const items = Array.from({ length: 5_500 }, (_, index) => ({
      id: `${index}`.padStart(64, '0'),
      listing: 'image',
      uploaded_at: at(9),
      search_text: 'x',
    }))
    for (const batch of batchesOf(items, 25)) {
      const RequestItems = { [tableName]: batch.map((Item) => ({ PutRequest: { Item } })) }
      await client.send(new BatchWriteCommand({ RequestItems }))
    }

    const first = await images.list(query({ text: 'b.jpg' }))
    expect(first.records).toEqual([])
    expect(first.cursor).not.toBeNull()
    expect(await names({ text: 'b.jpg', cursor: first.cursor })).toEqual(['b.jpg'])
  })
})
