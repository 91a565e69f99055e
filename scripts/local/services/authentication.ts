import type { AwsRequest } from './aws-request.ts'
import { type Protocol, refusalOf } from './error-shapes.ts'
import { ServiceError } from './service-error.ts'
import { type ClaimedSignature, claimedSignature, SignatureRefusal, verifySignature } from './signature.ts'

/** Lets through what the local credentials have signed. @throws ServiceError as the service refuses the rest */
export async function authenticate(
  protocol: Protocol,
  request: AwsRequest,
  claimed: ClaimedSignature | null,
  payloadHash: string,
  now: Date,
): Promise<void> {
  if (claimed === null) throw refuse(protocol, 'anonymous', 'The request carries no signature.')
  try {
    await verifySignature(request, claimed, payloadHash, now)
  } catch (thrown) {
    throw asServiceError(protocol, thrown)
  }
}

/** @throws ServiceError for a signature that cannot be read */
export function readClaim(protocol: Protocol, request: AwsRequest): ClaimedSignature | null {
  try {
    return claimedSignature(request)
  } catch (thrown) {
    throw asServiceError(protocol, thrown)
  }
}

function asServiceError(protocol: Protocol, thrown: unknown): unknown {
  return thrown instanceof SignatureRefusal ? refuse(protocol, thrown.reason, thrown.message, thrown) : thrown
}

function refuse(
  protocol: Protocol,
  reason: Parameters<typeof refusalOf>[1],
  message: string,
  cause?: unknown,
): ServiceError {
  const { status, code } = refusalOf(protocol, reason)
  return new ServiceError(status, code, message, { cause })
}
