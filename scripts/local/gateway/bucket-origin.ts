import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { renderError } from '../services/error-shapes.ts'
import { isNotModified, rangeOf } from '../services/s3/conditions.ts'
import type { ObjectInfo, ObjectStore } from '../services/s3/object-store.ts'
import { ServiceError } from '../services/service-error.ts'

/** What the CDN needs of the object store. */
export type ReadableObjects = Pick<ObjectStore, 'stat' | 'read'>

/** Answers a GET or HEAD with the object whose key is the decoded `path` without its first slash. */
export async function serveObject(
  objects: ReadableObjects,
  bucket: string,
  path: string,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    await answer(objects, bucket, decodeURIComponent(path.slice(1)), message, response)
  } catch (thrown) {
    const error = thrown instanceof URIError ? invalidPath(thrown) : thrown
    if (!(error instanceof ServiceError) || response.headersSent) throw error
    const { status, headers, body } = renderError('rest-xml', error, randomUUID())
    response.writeHead(status, headers).end(body)
  }
}

async function answer(
  objects: ReadableObjects,
  bucket: string,
  key: string,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const known = objects.stat(bucket, key)
  if (known === null) throw noSuchKey()
  const value = (name: string) => message.headers[name]?.toString()
  if (isNotModified(value, known)) {
    response.writeHead(304, headersOf(known)).end()
    return
  }
  if (message.method === 'HEAD') {
    response.writeHead(200, { ...headersOf(known), 'content-length': known.size }).end()
    return
  }
  const found = await objects.read(bucket, key, (info) => rangeOf(value('range'), info.size))
  if (found === null) throw noSuchKey()
  const { info, range, body } = found
  response.writeHead(range === null ? 200 : 206, {
    ...headersOf(info),
    'content-length': range === null ? info.size : range.end - range.start + 1,
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${info.size}` }),
  })
  await pipeline(body, response)
}

function headersOf(info: ObjectInfo): Record<string, string> {
  return {
    ...info.headers,
    'content-type': info.contentType,
    'accept-ranges': 'bytes',
    etag: `"${info.etag}"`,
    'last-modified': info.lastModified.toUTCString(),
  }
}

function noSuchKey(): ServiceError {
  return new ServiceError(404, 'NoSuchKey', 'The specified key does not exist.')
}

function invalidPath(cause: URIError): ServiceError {
  return new ServiceError(400, 'InvalidURI', "Couldn't parse the specified URI.", { cause })
}
