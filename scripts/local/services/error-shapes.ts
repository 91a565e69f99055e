import { XMLBuilder } from 'fast-xml-parser'
import type { AwsResponse } from './aws-request.ts'
import type { ServiceError } from './service-error.ts'
import type { SignatureRefusal } from './signature.ts'

/** How a service spells its errors. */
export type Protocol = 'json-1.0' | 'json-1.1' | 'query' | 'rest-json' | 'rest-xml'

const xml = new XMLBuilder({ suppressEmptyNode: true, ignoreAttributes: false })

export function renderError(protocol: Protocol, error: ServiceError, requestId: string): AwsResponse {
  const render = shapes[protocol]
  const { contentType, headers, body } = render(error, requestId)
  return { status: error.status, headers: { 'content-type': contentType, ...headers, ...error.headers }, body }
}

interface Shape {
  readonly contentType: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

const json = (version: string) => (error: ServiceError) => ({
  contentType: `application/x-amz-json-${version}`,
  body: JSON.stringify({ __type: error.code, message: error.message }),
})

const shapes: Record<Protocol, (error: ServiceError, requestId: string) => Shape> = {
  'json-1.0': json('1.0'),
  'json-1.1': json('1.1'),
  query: (error, requestId) => ({
    contentType: 'text/xml',
    body: xml.build({
      ErrorResponse: {
        Error: { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message },
        RequestId: requestId,
      },
    }),
  }),
  'rest-json': (error) => ({
    contentType: 'application/json',
    headers: { 'x-amzn-errortype': error.code },
    body: JSON.stringify({ Type: error.status < 500 ? 'User' : 'Service', message: error.message }),
  }),
  'rest-xml': (error, requestId) => ({
    contentType: 'application/xml',
    body: xml.build({
      '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
      Error: { Code: error.code, Message: error.message, RequestId: requestId },
    }),
  }),
}

type Reason = SignatureRefusal['reason'] | 'anonymous'
interface Refusal {
  readonly status: number
  readonly code: string
}

const jsonRefusals: Record<Reason, Refusal> = {
  anonymous: { status: 403, code: 'MissingAuthenticationTokenException' },
  malformed: { status: 403, code: 'IncompleteSignatureException' },
  'unknown-key': { status: 403, code: 'UnrecognizedClientException' },
  mismatch: { status: 403, code: 'InvalidSignatureException' },
  expired: { status: 403, code: 'InvalidSignatureException' },
  skewed: { status: 403, code: 'InvalidSignatureException' },
  'unsigned-header': { status: 403, code: 'InvalidSignatureException' },
}

const queryRefusals: Record<Reason, Refusal> = {
  anonymous: { status: 403, code: 'MissingAuthenticationToken' },
  malformed: { status: 403, code: 'IncompleteSignature' },
  'unknown-key': { status: 403, code: 'InvalidClientTokenId' },
  mismatch: { status: 403, code: 'SignatureDoesNotMatch' },
  expired: { status: 403, code: 'SignatureDoesNotMatch' },
  skewed: { status: 403, code: 'SignatureDoesNotMatch' },
  'unsigned-header': { status: 403, code: 'SignatureDoesNotMatch' },
}

const s3Refusals: Record<Reason, Refusal> = {
  anonymous: { status: 403, code: 'AccessDenied' },
  malformed: { status: 400, code: 'AuthorizationHeaderMalformed' },
  'unknown-key': { status: 403, code: 'InvalidAccessKeyId' },
  mismatch: { status: 403, code: 'SignatureDoesNotMatch' },
  expired: { status: 403, code: 'AccessDenied' },
  skewed: { status: 403, code: 'RequestTimeTooSkewed' },
  'unsigned-header': { status: 403, code: 'AccessDenied' },
}

/** How a service refuses a request that it cannot authenticate. */
export function refusalOf(protocol: Protocol, reason: Reason): Refusal {
  if (protocol === 'rest-xml') return s3Refusals[reason]
  return (protocol === 'query' ? queryRefusals : jsonRefusals)[reason]
}
