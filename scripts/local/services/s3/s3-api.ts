import { type IncomingMessage, type ServerResponse, validateHeaderValue } from 'node:http'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { BucketModel } from '../../model.ts'
import { accountId } from '../../template/account.ts'
import { authenticate } from '../authentication.ts'
import { type AwsRequest, decode, header, type Query, queryValue } from '../aws-request.ts'
import type { StreamingService } from '../endpoint.ts'
import { renderError } from '../error-shapes.ts'
import { type CallHooks, timeOf, traceIdOf } from '../service.ts'
import { ConnectionReset, ServiceError } from '../service-error.ts'
import type { ClaimedSignature } from '../signature.ts'
import { checkWrite, isNotModified, rangeOf } from './conditions.ts'
import { corsHeaders, preflightHeaders } from './cors.ts'
import { incomingBody } from './incoming-body.ts'
import type { ObjectAttributes, ObjectInfo, ObjectStore } from './object-store.ts'
import { type Operation, operationOf, type Target, targetOf } from './operation.ts'
import { parseDeleteRequest, toXml } from './xml.ts'

type Headers = Readonly<Record<string, string>>

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body?: string | Readable
}

interface Call {
  readonly request: AwsRequest
  readonly target: Target
  readonly message: IncomingMessage
}

/** Headers besides Content-Type that S3 stores with an object and gives back. */
const storedHeaders = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const

/**
 * S3 itself leaves it to browsers to ask first, and of a POST of text they do not. Here the credentials are no secret, so
 * that a page of any origin could have signed one.
 */
function refuseForeignWrites(request: AwsRequest, cors: Headers): void {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  if (isRead || header(request, 'origin') === undefined || Object.keys(cors).length > 0) return
  throw new ServiceError(403, 'AccessDenied', 'No rule of the bucket lets a page of this origin do so.')
}

/** The S3 API, path-style, over an ObjectStore. Bodies are never held in memory. */
export class S3Api implements StreamingService {
  readonly #store: ObjectStore
  readonly #buckets: ReadonlyMap<string, BucketModel>
  readonly #hooks: CallHooks
  readonly #onFault: (fault: unknown, what: string) => void

  constructor(
    store: ObjectStore,
    buckets: readonly BucketModel[],
    hooks: CallHooks,
    onFault: (fault: unknown, what: string) => void,
  ) {
    this.#store = store
    this.#buckets = new Map(buckets.map((bucket) => [bucket.name, bucket]))
    this.#hooks = hooks
    this.#onFault = onFault
  }

  async serve(
    request: AwsRequest,
    claimed: ClaimedSignature | null,
    message: IncomingMessage,
    response: ServerResponse,
    requestId: string,
  ): Promise<void> {
    let cors: Headers = {}
    try {
      const target = targetOf(request)
      const rules = this.#buckets.get(target.bucket)?.cors ?? []
      if (request.method === 'OPTIONS') {
        return await send(request, response, { status: 200, headers: preflightHeaders(rules, request) })
      }
      cors = corsHeaders(rules, request)
      refuseForeignWrites(request, cors)
      const answer = await this.#call(claimed, { request, target, message })
      await send(request, response, { ...answer, headers: { ...answer.headers, ...cors } })
    } catch (thrown) {
      if (thrown instanceof ConnectionReset) return void message.socket.resetAndDestroy()
      // The caller has gone in the middle: nobody is left to answer to, and nothing was stored.
      if (message.socket.destroyed || response.headersSent) return void response.destroy()
      const error = this.#asServiceError(thrown, request)
      const { status, headers, body } = renderError('rest-xml', error, requestId)
      await send(request, response, { status, headers: { ...headers, ...cors }, body: body.toString() })
    }
  }

  async #call(claimed: ClaimedSignature | null, call: Call): Promise<Answer> {
    const { request, target } = call
    const payloadHash =
      header(request, 'x-amz-content-sha256') ?? queryValue(request.query, 'X-Amz-Content-Sha256') ?? 'UNSIGNED-PAYLOAD'
    // Before anything else is said: who may ask nothing does not even hear what is not known here.
    await authenticate('rest-xml', request, claimed, payloadHash, timeOf(request, this.#hooks))
    const operation = operationOf(request, target)
    const resource = [target.bucket, target.key].filter((part) => part !== '').join('/')
    const described = { service: 's3', operation, resource, traceId: traceIdOf(request) }
    await this.#hooks.before(described)
    const owner = header(request, 'x-amz-expected-bucket-owner')
    if (owner !== undefined && owner !== accountId) throw new ServiceError(403, 'AccessDenied', 'Access Denied')
    if (operation !== 'ListBuckets') this.#requireBucket(target.bucket)
    const answer = await this.#operations[operation](call)
    try {
      await this.#hooks.after(described)
    } catch (error) {
      if (typeof answer.body === 'object') answer.body.destroy()
      throw error
    }
    return answer
  }

  readonly #operations: Record<Operation, (call: Call) => Answer | Promise<Answer>> = {
    ListBuckets: () => {
      const buckets = this.#store.buckets.map((name) => ({ Name: name, CreationDate: new Date(0).toISOString() }))
      return xmlAnswer('ListAllMyBucketsResult', {
        Owner: { ID: accountId },
        Buckets: { Bucket: buckets },
      })
    },

    HeadBucket: () => ({ status: 200, headers: { 'x-amz-bucket-region': 'us-east-1' } }),

    ListObjectsV2: ({ request, target }) => xmlAnswer('ListBucketResult', this.#list(request.query, target.bucket)),

    GetObject: async ({ request, target }) => {
      const value = (name: string) => header(request, name)
      const known = this.#requireObject(target)
      if (isNotModified(value, known)) return { status: 304, headers: objectHeaders(known, request) }
      const found = await this.#store.read(target.bucket, target.key, (info) => rangeOf(value('range'), info.size))
      if (found === null) throw noSuchKey()
      const { info, range, body } = found
      try {
        return partial(range, info, { status: 200, headers: objectHeaders(info, request, range === null), body })
      } catch (error) {
        body.destroy()
        throw error
      }
    },

    HeadObject: ({ request, target }) => {
      const value = (name: string) => header(request, name)
      const info = this.#requireObject(target)
      if (isNotModified(value, info)) return { status: 304, headers: objectHeaders(info, request) }
      const range = rangeOf(value('range'), info.size)
      return partial(range, info, { status: 200, headers: objectHeaders(info, request, range === null) })
    },

    PutObject: async ({ request, target, message }) => {
      const condition = (existing: ObjectInfo | null) => checkWrite((name) => header(request, name), existing)
      // Asked before the bytes come as well: what is bound to fail is not received.
      condition(this.#store.stat(target.bucket, target.key))
      const declared = declarations(request)
      const { bytes, checksum } = incomingBody(message, request, declared)
      const attributes = () => ({ ...attributesOf(declared), checksum: checksum() })
      const info = await this.#store.write(target.bucket, target.key, bytes, attributes, condition)
      return { status: 200, headers: { etag: `"${info.etag}"`, ...checksumHeader(info) } }
    },

    CopyObject: async ({ request, target }) => {
      const source = copySource(header(request, 'x-amz-copy-source') ?? '')
      this.#requireBucket(source.bucket)
      const found = await this.#store.read(source.bucket, source.key)
      if (found === null) throw noSuchKey()
      const replaces = header(request, 'x-amz-metadata-directive') === 'REPLACE'
      const attributes = replaces
        ? { ...attributesOf(declarations(request)), checksum: found.info.checksum }
        : found.info
      const info = await this.#store.write(target.bucket, target.key, found.body, () => onlyAttributes(attributes))
      return xmlAnswer('CopyObjectResult', { ETag: `"${info.etag}"`, LastModified: info.lastModified.toISOString() })
    },

    DeleteObject: async ({ target }) => {
      await this.#store.delete(target.bucket, target.key)
      return { status: 204, headers: {} }
    },

    DeleteObjects: async ({ request, target, message }) => {
      if (Number(header(request, 'content-length') ?? 0) > 2 * 1024 * 1024) {
        throw new ServiceError(400, 'MalformedXML', 'A DeleteObjects request has at most 2 MB.')
      }
      const { bytes } = incomingBody(message, request, declarations(request))
      const { keys, quiet } = parseDeleteRequest(await text(bytes))
      for (const key of keys) await this.#store.delete(target.bucket, key)
      return xmlAnswer('DeleteResult', quiet ? {} : { Deleted: keys.map((key) => ({ Key: key })) })
    },
  }

  #list(query: Query, bucket: string): object {
    const value = (name: string) => queryValue(query, name) ?? ''
    const asked = value('max-keys') === '' ? 1000 : Number(value('max-keys'))
    if (!Number.isInteger(asked) || asked < 0) throw invalidArgument('max-keys must be an integer from 0.')
    const limit = Math.min(asked, 1000)
    const token = value('continuation-token')
    const after = token === '' ? Buffer.from(value('start-after')) : Buffer.from(token, 'base64url')
    const asUrl = value('encoding-type') === 'url'
    const encode = (key: string) => (asUrl ? encodeURIComponent(key).replaceAll('%2F', '/') : key)
    const { objects, commonPrefixes, next } =
      limit === 0
        ? { objects: [], commonPrefixes: [], next: null }
        : this.#store.list(bucket, { prefix: value('prefix'), delimiter: value('delimiter'), after, limit })
    return {
      Name: bucket,
      Prefix: encode(value('prefix')),
      ...(value('delimiter') !== '' && { Delimiter: encode(value('delimiter')) }),
      ...(value('start-after') !== '' && { StartAfter: encode(value('start-after')) }),
      ...(token !== '' && { ContinuationToken: token }),
      ...(asUrl && { EncodingType: 'url' }),
      MaxKeys: limit,
      KeyCount: objects.length + commonPrefixes.length,
      IsTruncated: next !== null,
      ...(next !== null && { NextContinuationToken: Buffer.from(next).toString('base64url') }),
      Contents: objects.map((info) => ({
        Key: encode(info.key),
        LastModified: info.lastModified.toISOString(),
        ETag: `"${info.etag}"`,
        ...(info.checksum !== null && { ChecksumAlgorithm: info.checksum.algorithm.toUpperCase() }),
        Size: info.size,
        StorageClass: 'STANDARD',
      })),
      CommonPrefixes: commonPrefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    }
  }

  #requireBucket(bucket: string): void {
    if (!this.#buckets.has(bucket)) {
      throw new ServiceError(404, 'NoSuchBucket', `The specified bucket does not exist: ${bucket}`)
    }
  }

  #requireObject({ bucket, key }: Target): ObjectInfo {
    const info = this.#store.stat(bucket, key)
    if (info === null) throw noSuchKey()
    return info
  }

  #asServiceError(thrown: unknown, request: AwsRequest): ServiceError {
    if (thrown instanceof ServiceError) return thrown
    this.#onFault(thrown, `${request.method} ${request.path}`)
    return new ServiceError(500, 'InternalError', 'The local cloud failed to answer; its log says why.')
  }
}

function noSuchKey(): ServiceError {
  return new ServiceError(404, 'NoSuchKey', 'The specified key does not exist.')
}

function invalidArgument(message: string): ServiceError {
  return new ServiceError(400, 'InvalidArgument', message)
}

/**
 * What a writer declares about an object: headers, and the `x-amz-` parameters of a presigned URL, into which signers
 * move headers and which S3 reads like them.
 */
function declarations(request: AwsRequest): Readonly<Record<string, string | undefined>> {
  const fromQuery = Object.keys(request.query)
    .map((name) => [name.toLowerCase(), queryValue(request.query, name)] as const)
    .filter(([name]) => name.startsWith('x-amz-'))
  const fromHeaders = Object.keys(request.headers).map((name) => [name, header(request, name)] as const)
  return Object.fromEntries([...fromQuery, ...fromHeaders])
}

function attributesOf(declared: Readonly<Record<string, string | undefined>>): Omit<ObjectAttributes, 'checksum'> {
  const metadataPrefix = 'x-amz-meta-'
  const named = (name: string): [string, string][] => {
    const value = name === 'content-encoding' ? withoutAwsChunked(declared[name]) : declared[name]
    return value === undefined || value === '' ? [] : [[name, value]]
  }
  return {
    contentType: declared['content-type'] ?? 'binary/octet-stream',
    headers: Object.fromEntries(storedHeaders.flatMap(named)),
    metadata: Object.fromEntries(
      Object.entries(declared).flatMap(([name, value]) =>
        name.startsWith(metadataPrefix) && value !== undefined ? [[name.slice(metadataPrefix.length), value]] : [],
      ),
    ),
  }
}

function onlyAttributes({ contentType, headers, metadata, checksum }: ObjectAttributes): ObjectAttributes {
  return { contentType, headers, metadata, checksum }
}

/** `aws-chunked` is how the body travelled, not what it is. */
function withoutAwsChunked(encoding: string | undefined): string | undefined {
  return encoding
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== 'aws-chunked')
    .join(', ')
}

/** @throws ServiceError unless it is `bucket/key`, percent-encoded, with or without a leading slash */
function copySource(value: string): Target {
  if (value.includes('?')) throw new ServiceError(501, 'NotImplemented', 'The local cloud keeps no versions to copy.')
  const path = decode(value).replace(/^\//, '')
  const slash = path.indexOf('/')
  if (slash < 1 || slash === path.length - 1) throw invalidArgument('x-amz-copy-source must be bucket/key.')
  return { bucket: path.slice(0, slash), key: path.slice(slash + 1) }
}

function checksumHeader({ checksum }: ObjectInfo): Headers {
  if (checksum === null) return {}
  return { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' }
}

/** A whole object's checksum would only mislead the reader of a part. */
function objectHeaders(info: ObjectInfo, request: AwsRequest, whole = true): Headers {
  const asked = (name: string) => askedHeader(request, name)
  const override = (name: string): [string, string][] => {
    const value = asked(name) ?? info.headers[name]
    return value === undefined ? [] : [[name, value]]
  }
  const mode = header(request, 'x-amz-checksum-mode') ?? queryValue(request.query, 'x-amz-checksum-mode')
  return {
    'content-type': asked('content-type') ?? info.contentType,
    ...Object.fromEntries(storedHeaders.flatMap(override)),
    ...Object.fromEntries(Object.entries(info.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
    ...(mode?.toUpperCase() === 'ENABLED' && whole ? checksumHeader(info) : {}),
    'content-length': String(info.size),
    'accept-ranges': 'bytes',
    etag: `"${info.etag}"`,
    'last-modified': info.lastModified.toUTCString(),
  }
}

/** The value that a signed `response-…` parameter gives to a header. @throws ServiceError `InvalidArgument` */
function askedHeader(request: AwsRequest, name: string): string | undefined {
  const value = queryValue(request.query, `response-${name}`)
  if (value === undefined) return undefined
  try {
    validateHeaderValue(name, value)
  } catch (cause) {
    const message = `Header value cannot be represented using ISO-8859-1: response-${name}`
    throw new ServiceError(400, 'InvalidArgument', message, { cause })
  }
  return value
}

function partial(
  range: { readonly start: number; readonly end: number } | null,
  info: ObjectInfo,
  answer: Answer,
): Answer {
  if (range === null) return answer
  return {
    ...answer,
    status: 206,
    headers: {
      ...answer.headers,
      'content-length': String(range.end - range.start + 1),
      'content-range': `bytes ${range.start}-${range.end}/${info.size}`,
    },
  }
}

function xmlAnswer(root: string, content: object): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: toXml(root, content) }
}

async function send(request: AwsRequest, response: ServerResponse, answer: Answer): Promise<void> {
  const { status, headers, body } = answer
  if (typeof body === 'object') {
    response.writeHead(status, headers)
    return await pipeline(body, response)
  }
  const bytes = Buffer.from(body ?? '')
  const silent = request.method === 'HEAD' || status === 204 || status === 304
  const { 'content-length': _ofObject, ...withoutLength } = headers
  response.writeHead(
    status,
    silent ? (status === 304 ? withoutLength : headers) : { ...headers, 'content-length': bytes.length },
  )
  response.end(silent ? undefined : bytes)
}
