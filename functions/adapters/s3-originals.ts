import {
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { ImageError } from '../core/errors.ts'
import type { ByteSource, Originals } from '../core/ports.ts'
import { contentDisposition } from '../core/upload-policy.ts'
import { listObjects, objectExists } from './s3-objects.ts'

/** The first read of a source. It holds the header of nearly every photo, EXIF included. */
const headBytes = 64 * 1024

/** Of a download's URL, in seconds: clients follow it at once. */
const downloadSeconds = 300

/**
 * Originals in a private bucket. Whoever reads needs the right to list the bucket as well: without it S3 calls a
 * missing object forbidden.
 * @param now the clock by which uploads expire
 */
export function s3Originals({ client, bucket, now }: { client: S3Client; bucket: string; now: () => Date }): Originals {
  async function get(key: string, range?: string): Promise<GetObjectCommandOutput | null> {
    try {
      return await client.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: range }))
    } catch (error) {
      if (error instanceof NoSuchKey) return null
      throw error
    }
  }

  async function bytes(key: string, range?: string): Promise<Uint8Array> {
    const object = await get(key, range)
    if (!object?.Body) throw new ImageError('original_missing', `There is no object ${key}.`)
    return readBody(object.Body)
  }

  return {
    async put(key, bytes, { sha256, contentType }) {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: bytes,
          ContentType: contentType,
          ChecksumSHA256: base64OfHex(sha256),
        }),
      )
    },

    read: (key) => bytes(key),

    async open(key) {
      let first: GetObjectCommandOutput | null
      try {
        first = await get(key, `bytes=0-${headBytes - 1}`)
      } catch (error) {
        // An empty object has no first byte.
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416) return emptySource
        throw error
      }
      if (!first?.Body) return null
      const head = await readBody(first.Body)
      return sourceOf(head, sizeOf(first) ?? head.length, (from, to) => bytes(key, `bytes=${from}-${to - 1}`))
    },

    exists: (key) => objectExists(client, bucket, key),
    list: (after) => listObjects(client, { bucket, prefix: 'originals/', after }),

    async delete(key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }))
    },

    async signPut(upload) {
      const headers = {
        'content-type': sendableType(upload.content_type),
        'x-amz-checksum-sha256': base64OfHex(upload.sha256),
      }
      const command = new PutObjectCommand({
        Bucket: bucket,
        Key: upload.original_key,
        ContentLength: upload.size,
        ContentType: headers['content-type'],
        ChecksumSHA256: headers['x-amz-checksum-sha256'],
      })
      const url = await getSignedUrl(client, command, {
        signingDate: now(),
        expiresIn: Math.floor((Date.parse(upload.expires_at) - now().getTime()) / 1_000),
        // What is signed as a header has to be sent as one, with this value: S3 then checks the bytes against it. Left
        // alone, the signer would not sign the first two, and would move the third into the URL, unchecked.
        signableHeaders: new Set(['host', 'content-length', ...Object.keys(headers)]),
        unhoistableHeaders: new Set(['x-amz-checksum-sha256']),
      })
      // Content-Length is signed but not among the headers: every client sets it itself, and browsers let none else.
      return { method: 'PUT', url, headers }
    },

    async signGet(record) {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: record.original_key,
        ResponseContentType: record.mime_type,
        ResponseContentDisposition: contentDisposition(record.original_filename),
      })
      return getSignedUrl(client, command, { expiresIn: downloadSeconds })
    },
  }
}

/** The client has done its part once the headers are there: what breaks off after them no attempt of its own makes good. */
async function readBody(body: NonNullable<GetObjectCommandOutput['Body']>): Promise<Uint8Array> {
  try {
    return await body.transformToByteArray()
  } catch (error) {
    throw new ImageError('storage_unavailable', 'The bytes of an object broke off on their way.', { cause: error })
  }
}

const emptySource: ByteSource = { size: 0, read: async () => new Uint8Array() }

function sourceOf(
  head: Uint8Array,
  size: number,
  readBeyond: (from: number, to: number) => Promise<Uint8Array>,
): ByteSource {
  return {
    size,
    async read(offset, length) {
      const to = Math.min(offset + length, size)
      if (offset >= to) return new Uint8Array()
      return to <= head.length ? head.subarray(offset, to) : readBeyond(offset, to)
    },
  }
}

/** From `bytes 0-65535/1234567`. */
function sizeOf({ ContentRange }: GetObjectCommandOutput): number | null {
  const size = /\/(\d+)$/.exec(ContentRange ?? '')?.[1]
  return size === undefined ? null : Number(size)
}

const base64OfHex = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')

/** The declared type is a hint that decides nothing; what cannot be sent as a header is replaced. */
const sendableType = (declared: string): string =>
  /^[\w.+-]+\/[\w.+-]+$/.test(declared) ? declared : 'application/octet-stream'
