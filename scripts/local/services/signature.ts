import { timingSafeEqual } from 'node:crypto'
import { Sha256 } from '@aws-sdk/checksums/sha'
import { createScope, getCanonicalHeaders, getSigningKey, SignatureV4Base } from '@smithy/signature-v4'
import { region } from '../template/account.ts'
import { type AwsRequest, header, queryValue } from './aws-request.ts'
import { localCredentials } from './credentials.ts'

const algorithm = 'AWS4-HMAC-SHA256'
const allowedSkewMs = 15 * 60_000
const longestExpirySeconds = 7 * 24 * 3600

/** A SigV4 signature as the request claims it, in its Authorization header or its query. */
export interface ClaimedSignature {
  readonly presigned: boolean
  readonly accessKeyId: string
  /** `YYYYMMDD` of the credential scope. */
  readonly scopeDate: string
  readonly region: string
  readonly service: string
  /** Lower case. */
  readonly signedHeaders: readonly string[]
  readonly signature: string
  /** `YYYYMMDDTHHMMSSZ` */
  readonly longDate: string
  /** Of presigned requests. */
  readonly expiresSeconds: number | null
}

/** Why a request is not who it says it is. */
export class SignatureRefusal extends Error {
  override readonly name = 'SignatureRefusal'
  readonly reason: 'malformed' | 'unknown-key' | 'mismatch' | 'expired' | 'skewed' | 'unsigned-header'

  constructor(reason: SignatureRefusal['reason'], message: string) {
    super(message)
    this.reason = reason
  }
}

/**
 * The signature that a request carries; null for an anonymous request.
 * @throws SignatureRefusal `malformed`
 */
export function claimedSignature(request: AwsRequest): ClaimedSignature | null {
  const authorization = header(request, 'authorization')
  const presigned = queryValue(request.query, 'X-Amz-Signature') !== undefined
  if (authorization === undefined) return presigned ? claimInQuery(request) : null
  if (presigned) throw malformed('a signature either in the Authorization header or in the query, not both')
  return claimInHeader(authorization, header(request, 'x-amz-date'))
}

function claimInHeader(authorization: string, longDate: string | undefined): ClaimedSignature {
  if (!authorization.startsWith(`${algorithm} `)) throw malformed(`an Authorization header of ${algorithm}`)
  const fields = new Map(
    authorization
      .slice(algorithm.length + 1)
      .split(',')
      .map((field) => {
        const [name = '', ...rest] = field.trim().split('=')
        return [name, rest.join('=')]
      }),
  )
  return claim(false, longDate, null, (name) => fields.get(name))
}

function claimInQuery({ query }: AwsRequest): ClaimedSignature {
  if (queryValue(query, 'X-Amz-Algorithm') !== algorithm) throw malformed(`X-Amz-Algorithm=${algorithm}`)
  const expires = Number(queryValue(query, 'X-Amz-Expires'))
  if (!Number.isInteger(expires) || expires < 1 || expires > longestExpirySeconds) {
    throw malformed(`X-Amz-Expires from 1 to ${longestExpirySeconds}`)
  }
  return claim(true, queryValue(query, 'X-Amz-Date'), expires, (name) => queryValue(query, `X-Amz-${name}`))
}

function claim(
  presigned: boolean,
  longDate: string | undefined,
  expiresSeconds: number | null,
  field: (name: string) => string | undefined,
): ClaimedSignature {
  const [accessKeyId, scopeDate, scopeRegion, service, terminator, ...more] = (field('Credential') ?? '').split('/')
  const signature = field('Signature') ?? ''
  const signedHeaders = (field('SignedHeaders') ?? '').split(';').filter((name) => name !== '')
  if (!accessKeyId || !scopeDate || !scopeRegion || !service || terminator !== 'aws4_request' || more.length > 0) {
    throw malformed('a Credential of key/date/region/service/aws4_request')
  }
  if (!/^[0-9a-f]{64}$/.test(signature)) throw malformed('a Signature of 64 hex digits')
  if (!signedHeaders.includes('host')) throw malformed('SignedHeaders with host among them')
  if (longDate === undefined || !/^\d{8}T\d{6}Z$/.test(longDate)) throw malformed('a date as YYYYMMDDTHHMMSSZ')
  if (!longDate.startsWith(scopeDate)) throw malformed('the same day in the date and in the credential scope')
  return {
    presigned,
    accessKeyId,
    scopeDate,
    region: scopeRegion,
    service,
    signedHeaders,
    signature,
    longDate,
    expiresSeconds,
  }
}

function malformed(expected: string): SignatureRefusal {
  return new SignatureRefusal('malformed', `The request's signature cannot be read: expected ${expected}.`)
}

/**
 * Proves that the holder of the local credentials signed this request: method, path, query, every signed header and
 * the payload hash, within its time. Nothing else of the request is proven.
 * @throws SignatureRefusal
 */
export async function verifySignature(
  request: AwsRequest,
  claimed: ClaimedSignature,
  payloadHash: string,
  now: Date,
): Promise<void> {
  if (claimed.region !== region) {
    throw new SignatureRefusal('malformed', `The region '${claimed.region}' is wrong; expecting '${region}'.`)
  }
  if (claimed.accessKeyId !== localCredentials.accessKeyId) {
    throw new SignatureRefusal('unknown-key', 'The AWS access key id that you provided does not exist.')
  }
  checkTime(claimed, now)
  refuseUnsignedHeaders(request, claimed)
  const expected = await calculator(claimed.service).calculate(request, claimed, payloadHash)
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(claimed.signature))) {
    throw new SignatureRefusal(
      'mismatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    )
  }
}

function checkTime(claimed: ClaimedSignature, now: Date): void {
  const signedAt = parseLongDate(claimed.longDate)
  const age = now.getTime() - signedAt
  if (claimed.expiresSeconds === null) {
    if (Math.abs(age) > allowedSkewMs) {
      throw new SignatureRefusal('skewed', 'The difference between the request time and the current time is too large.')
    }
    return
  }
  if (age > claimed.expiresSeconds * 1000) throw new SignatureRefusal('expired', 'Request has expired')
  if (age < -allowedSkewMs) throw new SignatureRefusal('expired', 'Request is not valid yet')
}

function parseLongDate(longDate: string): number {
  const [, year, month, day, hour, minute, second] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(longDate) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

/** An `x-amz-` header changes what a request does, so an unsigned one must not ride along. */
function refuseUnsignedHeaders(request: AwsRequest, claimed: ClaimedSignature): void {
  const unsigned = Object.keys(request.headers).filter(
    (name) => name.startsWith('x-amz-') && !claimed.signedHeaders.includes(name),
  )
  if (unsigned.length > 0) {
    throw new SignatureRefusal(
      'unsigned-header',
      `There were headers present in the request which were not signed: ${unsigned.join(', ')}`,
    )
  }
}

/** The library's canonical request, for checking instead of making a signature. */
class SignatureCalculator extends SignatureV4Base {
  constructor(service: string) {
    // S3 alone signs its path as it is sent; everywhere else the path is escaped once more.
    super({ service, region, credentials: localCredentials, sha256: Sha256, uriEscapePath: service !== 's3' })
  }

  async calculate(request: AwsRequest, claimed: ClaimedSignature, payloadHash: string): Promise<string> {
    const signed = new Set(claimed.signedHeaders)
    const headers = Object.fromEntries(
      [...signed].flatMap((name) => {
        const value = header(request, name)
        return value === undefined ? [] : [[name, value]]
      }),
    )
    const canonicalRequest = this.createCanonicalRequest(
      { method: request.method, protocol: 'http:', hostname: '', path: request.path, query: request.query, headers },
      getCanonicalHeaders({ method: '', protocol: '', hostname: '', path: '', headers }, undefined, signed),
      payloadHash,
    )
    const scope = createScope(claimed.scopeDate, claimed.region, this.service)
    const stringToSign = await this.createStringToSign(claimed.longDate, scope, canonicalRequest, algorithm)
    const key = await getSigningKey(Sha256, localCredentials, claimed.scopeDate, claimed.region, this.service)
    const hash = new Sha256(key)
    hash.update(Buffer.from(stringToSign))
    return Buffer.from(await hash.digest()).toString('hex')
  }
}

const calculators = new Map<string, SignatureCalculator>()

function calculator(service: string): SignatureCalculator {
  const known = calculators.get(service) ?? new SignatureCalculator(service)
  calculators.set(service, known)
  return known
}
