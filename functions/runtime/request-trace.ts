import { imageId, ulid } from '@glowworm/events/vocabulary'
import { correlationIdOf } from './correlation.ts'
import { childLogger, type Logger } from './telemetry.ts'

/** What a request is about, by the names that all lines of the log use. */
export interface RequestSubject {
  readonly image_id?: string
  readonly upload_id?: string
  /** Of what began earlier, and goes on with this request. */
  readonly correlation_id?: string
}

interface TracedEvent {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly pathParameters?: Readonly<Record<string, string | undefined>> | undefined
  readonly requestContext: { readonly requestId: string }
}

/** By what the lines of one request, and its answer, are found among all others. */
export class RequestTrace {
  readonly requestId: string
  readonly logger: Logger
  #correlationId: string

  constructor({ headers, pathParameters, requestContext: { requestId } }: TracedEvent) {
    this.requestId = requestId
    this.#correlationId = correlationIdOf(headers['x-correlation-id'], requestId)
    this.logger = childLogger({
      request_id: requestId,
      correlation_id: this.#correlationId,
      ...subjectOf(pathParameters?.id),
    })
  }

  /** Of whatever the request is part of; its own id, or the one that its caller gave, if nothing else is known. */
  get correlationId(): string {
    return this.#correlationId
  }

  /** Every line from now on names this as well, and the answer carries its correlation id. */
  readonly identify = (subject: RequestSubject): void => {
    this.logger.appendPersistentKeys({ ...subject })
    this.#correlationId = subject.correlation_id ?? this.#correlationId
  }
}

/** An id in a path says itself what it is: that of an image is a hash, that of an upload is a ULID. */
function subjectOf(id: string | undefined): RequestSubject {
  if (imageId.safeParse(id).success) return { image_id: `${id}` }
  if (ulid.safeParse(id).success) return { upload_id: `${id}` }
  return {}
}
