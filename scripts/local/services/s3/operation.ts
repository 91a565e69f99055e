import { type AwsRequest, decode, header } from '../aws-request.ts'
import { notImplemented, ServiceError } from '../service-error.ts'

const operations = [
  'ListBuckets',
  'HeadBucket',
  'ListObjectsV2',
  'DeleteObjects',
  'GetObject',
  'HeadObject',
  'PutObject',
  'CopyObject',
  'DeleteObject',
] as const
export type Operation = (typeof operations)[number]

/** What a path-style URL addresses; the key is empty for a bucket, both for the service. */
export interface Target {
  readonly bucket: string
  readonly key: string
}

/** @throws ServiceError for a key that S3 would not take */
export function targetOf(request: AwsRequest): Target {
  const slash = request.path.indexOf('/', 1)
  const bucket = decode(slash === -1 ? request.path.slice(1) : request.path.slice(1, slash))
  const key = slash === -1 ? '' : decode(request.path.slice(slash + 1))
  if (Buffer.byteLength(key) > 1024) throw new ServiceError(400, 'KeyTooLongError', 'Your key is too long')
  return { bucket, key }
}

const signatureParameters = /^x-amz-(algorithm|credential|date|expires|signature|signedheaders|security-token)$/i

/** Query parameters that an operation understands, besides those of signatures and `x-id`, which only names it. */
const parametersOf: Readonly<Record<Operation, RegExp>> = {
  ListBuckets: /^$/,
  HeadBucket: /^$/,
  ListObjectsV2: /^(list-type|prefix|delimiter|max-keys|continuation-token|start-after|encoding-type|fetch-owner)$/,
  DeleteObjects: /^delete$/,
  GetObject: /^(response-[a-z-]+|x-amz-checksum-mode|x-amz-content-sha256)$/i,
  HeadObject: /^(response-[a-z-]+|x-amz-checksum-mode|x-amz-content-sha256)$/i,
  PutObject: /^x-amz-(checksum-.+|meta-.+|sdk-checksum-algorithm|content-sha256)$/i,
  CopyObject: /^$/,
  DeleteObject: /^x-amz-content-sha256$/i,
}

/** Headers that change nothing here, or whose meaning the operation implements. */
const commonHeaders =
  /^x-amz-(date|content-sha256|security-token|user-agent|expected-bucket-owner|sdk-checksum-algorithm)$/
const headersOf: Readonly<Record<Operation, RegExp>> = {
  ListBuckets: /^$/,
  HeadBucket: /^$/,
  ListObjectsV2: /^$/,
  DeleteObjects: /^x-amz-(checksum-.+|decoded-content-length|trailer)$/,
  GetObject: /^x-amz-checksum-mode$/,
  HeadObject: /^x-amz-checksum-mode$/,
  PutObject: /^x-amz-(checksum-.+|meta-.+|decoded-content-length|trailer)$/,
  CopyObject: /^x-amz-(copy-source|metadata-directive|meta-.+)$/,
  DeleteObject: /^$/,
}

const conditionHeaders = /^if-(match|none-match|modified-since|unmodified-since)$/
const conditional: ReadonlySet<Operation> = new Set(['GetObject', 'HeadObject', 'PutObject'])

/** @throws ServiceError `NotImplemented`, naming what is asked for, unless all of the request is understood */
export function operationOf(request: AwsRequest, target: Target): Operation {
  const operation = candidate(request, target)
  for (const name of Object.keys(request.query)) {
    if (name === 'x-id' || signatureParameters.test(name) || parametersOf[operation].test(name)) continue
    throw notImplemented('s3', `the query parameter '${name}' (${request.method} ?${name})`)
  }
  for (const name of Object.keys(request.headers)) {
    if (conditionHeaders.test(name) && !conditional.has(operation)) {
      throw notImplemented('s3', `the condition '${name}' with ${operation}`)
    }
    if (!name.startsWith('x-amz-') || commonHeaders.test(name) || headersOf[operation].test(name)) continue
    throw notImplemented('s3', `the header '${name}' with ${operation}`)
  }
  return operation
}

function candidate(request: AwsRequest, { bucket, key }: Target): Operation {
  const { method, query } = request
  if (bucket === '' && method === 'GET') return 'ListBuckets'
  if (bucket !== '' && key === '') {
    if (method === 'HEAD') return 'HeadBucket'
    if (method === 'GET' && query['list-type'] === '2') return 'ListObjectsV2'
    if (method === 'POST' && 'delete' in query) return 'DeleteObjects'
  }
  if (key !== '') {
    if (method === 'GET') return 'GetObject'
    if (method === 'HEAD') return 'HeadObject'
    if (method === 'DELETE') return 'DeleteObject'
    if (method === 'PUT') return header(request, 'x-amz-copy-source') === undefined ? 'PutObject' : 'CopyObject'
  }
  const subresource = Object.keys(query).filter((name) => name !== 'x-id')[0]
  const kind = key !== '' ? 'an object' : bucket !== '' ? 'a bucket' : 'the service'
  throw notImplemented('s3', `${method} ${subresource === undefined ? '' : `?${subresource} `}on ${kind}`)
}
