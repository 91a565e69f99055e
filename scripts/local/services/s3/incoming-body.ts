import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { type AwsRequest, header } from '../aws-request.ts'
import { notImplemented, ServiceError } from '../service-error.ts'
import { AwsChunkedDecoder } from './aws-chunked.ts'
import {
  badDigest,
  type Checksum,
  ChecksumVerifier,
  checksumAlgorithmOf,
  checksumIn,
  type Expectation,
} from './checksums.ts'

/** What one PUT may carry. */
const largestObject = 5 * 1024 ** 3

export interface IncomingBody {
  /** Decoded; fails at the end unless length and every declared checksum are right. */
  readonly bytes: Readable
  /** The checksum that the sender declared; known once the bytes have ended. */
  readonly checksum: () => Checksum | null
}

/**
 * The body of a request as its head declares it. `declared` are headers and, of presigned requests, query parameters.
 * @throws ServiceError for declarations that are missing or contradictory
 */
export function incomingBody(
  message: Readable,
  request: AwsRequest,
  declared: Readonly<Record<string, string | undefined>>,
): IncomingBody {
  const payloadHash = header(request, 'x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD'
  if (payloadHash.startsWith('STREAMING-') && payloadHash !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER') {
    throw notImplemented('s3', `the payload signature ${payloadHash}`)
  }
  const chunked = payloadHash === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
  const length = declaredLength(request, chunked)
  const decoder = chunked ? new AwsChunkedDecoder(length) : null

  const inHeader = checksumIn(declared)
  const trailer = header(request, 'x-amz-trailer')?.toLowerCase()
  const inTrailer = trailer === undefined ? null : { name: trailer, algorithm: checksumAlgorithmOf(trailer) }
  if (inTrailer !== null && decoder === null) {
    throw new ServiceError(400, 'InvalidRequest', 'x-amz-trailer needs a body of STREAMING-UNSIGNED-PAYLOAD-TRAILER.')
  }

  const expectations: Expectation[] = []
  if (inHeader !== null) {
    const { algorithm, value } = inHeader
    expectations.push({ algorithm, expected: () => value, mismatch: () => badDigest(algorithm) })
  }
  if (inTrailer !== null) {
    const { algorithm, name } = inTrailer
    const expected = () => decoder?.trailers[name] ?? null
    expectations.push({ algorithm, expected, mismatch: () => badDigest(algorithm) })
  }
  const md5 = header(request, 'content-md5')
  if (md5 !== undefined) {
    if (Buffer.from(md5, 'base64').length !== 16) {
      throw new ServiceError(400, 'InvalidDigest', 'The Content-MD5 you specified is not valid.')
    }
    expectations.push({ algorithm: 'md5', expected: () => md5, mismatch: () => badDigest('Content-MD5') })
  }
  if (!chunked && payloadHash !== 'UNSIGNED-PAYLOAD') {
    const expected = Buffer.from(payloadHash, 'hex').toString('base64')
    expectations.push({ algorithm: 'sha256', expected: () => expected, mismatch: payloadMismatch })
  }

  const verifier = new ChecksumVerifier(expectations)
  // Errors surface on the last stream, to whoever reads it.
  const ignore = () => {}
  if (decoder === null) pipeline(message, verifier, ignore)
  else pipeline(message, decoder, verifier, ignore)
  return {
    bytes: verifier,
    checksum: () => {
      const value = inTrailer === null ? undefined : decoder?.trailers[inTrailer.name]
      return inTrailer !== null && value !== undefined ? { algorithm: inTrailer.algorithm, value } : inHeader
    },
  }
}

function declaredLength(request: AwsRequest, chunked: boolean): number {
  const name = chunked ? 'x-amz-decoded-content-length' : 'content-length'
  const value = header(request, name)
  if (value === undefined || !/^\d+$/.test(value)) {
    throw new ServiceError(411, 'MissingContentLength', `You must provide the ${name} HTTP header.`)
  }
  if (Number(value) > largestObject) {
    throw new ServiceError(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.')
  }
  return Number(value)
}

function payloadMismatch(): ServiceError {
  return new ServiceError(
    400,
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  )
}
