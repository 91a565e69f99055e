import { createHash } from 'node:crypto'
import { imageId } from '@glowworm/events/vocabulary'
import * as z from 'zod'
import { RequestError } from '../core/errors.ts'
import type { ImageQuery } from '../core/ports.ts'

/** The image after which a page begins: its id, and what the index is sorted by. */
export interface ListPosition {
  readonly id: string
  readonly sortKey: string
}

const version = 1

/** DynamoDB takes no longer and no empty sort key. */
const sortKey = z.string().refine((key) => key !== '' && Buffer.byteLength(key) <= 1024)
const content = z.tuple([z.literal(version), z.string(), imageId, sortKey])

/** Opaque to clients; bound to the query, but not to the size of its pages. */
export function encodeCursor(query: ImageQuery, { id, sortKey }: ListPosition): string {
  return Buffer.from(JSON.stringify([version, fingerprint(query), id, sortKey])).toString('base64url')
}

/** @throws RequestError `invalid_request` for anything that is not a cursor of this query */
export function decodeCursor(query: ImageQuery, cursor: string): ListPosition {
  const [, madeFor, id, sortKey] = parse(cursor)
  if (madeFor !== fingerprint(query)) {
    throw new RequestError(400, 'invalid_request', 'The cursor is of another query. Begin without a cursor.')
  }
  return { id, sortKey }
}

function parse(cursor: string): z.output<typeof content> {
  try {
    return content.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch (cause) {
    const message = 'Expected a cursor as `next_cursor` gave it, received something else. Begin without a cursor.'
    throw new RequestError(400, 'invalid_request', message, { cause })
  }
}

function fingerprint({ status, text, sort }: ImageQuery): string {
  return createHash('sha256')
    .update(JSON.stringify([status, text, sort]))
    .digest('base64url')
    .slice(0, 8)
}
