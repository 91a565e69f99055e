import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandOutput } from '@aws-sdk/lib-dynamodb'
import type { ProcessingStatus } from '@glowworm/events/vocabulary'
import type { ImageQuery, Stretch, VariantCount } from '../core/ports.ts'
import { everyImage, wordsOf } from './image-items.ts'
import { decodeCursor, encodeCursor, type ListPosition } from './list-cursor.ts'

/** How much of an index one call may read to find the text it looks for, in items. */
const itemsPerRead = 1_000
const readsPerCall = 5

/** The index that answers a query in its order without reading what the query does not want, if there is one. */
interface ImageIndex {
  readonly name: 'by_uploaded_at' | 'by_status' | 'by_filename'
  readonly partition: readonly [attribute: 'listing' | 'listing_status', value: string]
  readonly sortAttribute: 'uploaded_at' | 'sort_name'
}

function indexFor({ sort, status }: ImageQuery): ImageIndex {
  if (sort.endsWith('original_filename')) {
    return { name: 'by_filename', partition: ['listing', everyImage], sortAttribute: 'sort_name' }
  }
  if (status !== null) {
    return { name: 'by_status', partition: ['listing_status', status], sortAttribute: 'uploaded_at' }
  }
  return { name: 'by_uploaded_at', partition: ['listing', everyImage], sortAttribute: 'uploaded_at' }
}

/**
 * Ids of one page, in the order of the query. A page is short when the effort that one call may make was not enough
 * to fill it; the cursor then goes on from where it stopped.
 * @throws RequestError `invalid_request` for a cursor that is not of this query
 */
export async function queryImageIndex(
  client: DynamoDBDocumentClient,
  tableName: string,
  query: ImageQuery,
): Promise<{ readonly ids: readonly string[]; readonly cursor: string | null }> {
  const index = indexFor(query)
  const filters = filtersOf(query, index)
  const key = (position: ListPosition) => ({
    id: position.id,
    [index.partition[0]]: index.partition[1],
    [index.sortAttribute]: position.sortKey,
  })
  const positionOf = (item: Record<string, unknown>): ListPosition => ({
    id: String(item.id),
    sortKey: String(item[index.sortAttribute]),
  })

  // One more than asked for tells whether this is the last page.
  const wanted = query.limit + 1
  const found: ListPosition[] = []
  let after = query.cursor === null ? null : decodeCursor(query, query.cursor)
  for (let reads = 0; reads < (filters.length === 0 ? Number.POSITIVE_INFINITY : readsPerCall); reads++) {
    const page: QueryCommandOutput = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: index.name,
        KeyConditionExpression: `${index.partition[0]} = :partition`,
        ExpressionAttributeValues: {
          ':partition': index.partition[1],
          ...Object.assign({}, ...filters.map((filter) => filter.values)),
        },
        ...(filters.length > 0 && { FilterExpression: filters.map((filter) => filter.expression).join(' AND ') }),
        ScanIndexForward: !query.sort.startsWith('-'),
        Limit: filters.length === 0 ? wanted - found.length : itemsPerRead,
        ...(after !== null && { ExclusiveStartKey: key(after) }),
      }),
    )
    found.push(...(page.Items ?? []).map(positionOf))
    after = page.LastEvaluatedKey === undefined ? null : positionOf(page.LastEvaluatedKey)
    if (after === null || found.length >= wanted) break
  }

  const page = found.slice(0, query.limit)
  const resume = found.length > query.limit ? page.at(-1) : after
  return { ids: page.map(({ id }) => id), cursor: resume ? encodeCursor(query, resume) : null }
}

/** How many images have this status; a moment behind the table. */
export async function countByStatus(
  client: DynamoDBDocumentClient,
  tableName: string,
  status: ProcessingStatus,
  atMost: number,
): Promise<number> {
  let count = 0
  let after: Record<string, unknown> | undefined
  do {
    const page: QueryCommandOutput = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: 'by_status',
        KeyConditionExpression: 'listing_status = :status',
        ExpressionAttributeValues: { ':status': status },
        Select: 'COUNT',
        Limit: atMost - count,
        ...(after !== undefined && { ExclusiveStartKey: after }),
      }),
    )
    count += page.Count ?? 0
    after = page.LastEvaluatedKey
  } while (after !== undefined && count < atMost)
  return count
}

/** What the newest images up to `atMost` have; a moment behind the table. */
export async function countVariants(
  client: DynamoDBDocumentClient,
  tableName: string,
  groups: readonly (readonly string[])[],
  atMost: number,
): Promise<VariantCount> {
  let failed = 0
  let images = 0
  const having = groups.map(() => 0)
  let after: Record<string, unknown> | undefined
  do {
    const page: QueryCommandOutput = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: 'by_uploaded_at',
        KeyConditionExpression: 'listing = :listing',
        ExpressionAttributeValues: { ':listing': everyImage },
        ProjectionExpression: 'processing_status, variant_names',
        // What is rendered anew is taken in the order of upload: once the newest have it, so have the others.
        ScanIndexForward: false,
        Limit: atMost - images - failed,
        ...(after !== undefined && { ExclusiveStartKey: after }),
      }),
    )
    for (const { processing_status, variant_names = [] } of page.Items ?? []) {
      if (processing_status === 'failed') {
        failed += 1
        continue
      }
      images += 1
      const names = new Set(variant_names)
      for (const [index, group] of groups.entries()) {
        if (group.every((name) => names.has(name))) having[index] = (having[index] ?? 0) + 1
      }
    }
    after = page.LastEvaluatedKey
  } while (after !== undefined && images + failed < atMost)
  return { images, failed, having }
}

/**
 * Ids of images of one status that nobody has written to since then. Reads as much of the index as the stretch is long,
 * found or not, for it is sorted by the time of upload: 250 bytes an image, or 16 read units for 500.
 */
export async function idsUntouchedSince(
  client: DynamoDBDocumentClient,
  tableName: string,
  { before, status, stretch }: { readonly before: Date; readonly status: string; readonly stretch: Stretch },
): Promise<{ readonly ids: readonly string[]; readonly next: string | null }> {
  const { Items = [], LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: tableName,
      IndexName: 'by_status',
      KeyConditionExpression: 'listing_status = :status',
      FilterExpression: 'updated_at < :before',
      ExpressionAttributeValues: { ':status': status, ':before': before.toISOString() },
      Limit: stretch.length,
      ...(stretch.after !== null && { ExclusiveStartKey: { listing_status: status, ...readPlace(stretch.after) } }),
    }),
  )
  return {
    ids: Items.map(({ id }) => String(id)),
    next: LastEvaluatedKey === undefined ? null : `${LastEvaluatedKey.uploaded_at} ${LastEvaluatedKey.id}`,
  }
}

function readPlace(place: string): { uploaded_at: string; id: string } {
  const [uploaded_at = '', id = ''] = place.split(' ')
  return { uploaded_at, id }
}

/** Conditions that the index does not answer by itself; they are applied to what has been read. */
function filtersOf({ text, status }: ImageQuery, index: ImageIndex) {
  const filters: { readonly expression: string; readonly values: Readonly<Record<string, string>> }[] = []
  for (const [index, word] of wordsOf(text ?? '').entries()) {
    filters.push({ expression: `contains(search_text, :word${index})`, values: { [`:word${index}`]: word } })
  }
  if (status !== null && index.name !== 'by_status') {
    filters.push({ expression: 'processing_status = :status', values: { ':status': status } })
  }
  return filters
}
