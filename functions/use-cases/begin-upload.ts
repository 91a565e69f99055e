import type { BeganUploadResponse, BeginUploadRequest, UploadedResponse } from '@glowworm/events/http-api'
import { originalKey } from '../core/object-keys.ts'
import type { Ambient, Images, Originals, PendingUpload, Uploads } from '../core/ports.ts'
import { checkDeclared, checkFilename } from '../core/upload-policy.ts'
import { recordThatExists } from './create-record.ts'
import { deletionInProgress, duplicate } from './upload-answers.ts'

export interface BeginUploadPorts {
  readonly images: Images
  readonly uploads: Uploads
  readonly originals: Originals
  readonly ambient: Ambient
}

/** Until then the PUT has to begin, which storage checks, and not end: a client may wait for its turn, or for its line. */
const uploadLifetimeMs = 60 * 60_000

export type BegunUpload =
  | { readonly kind: 'begun'; readonly answer: BeganUploadResponse }
  | { readonly kind: 'duplicate'; readonly answer: UploadedResponse }

/**
 * Opens a way to storage for bytes that are not known yet. Length and SHA-256 are part of the signature, so storage
 * itself refuses any other bytes.
 * @throws RequestError `payload_too_large`, `deletion_in_progress`, or `unsupported_format` for an empty file
 */
export async function beginUpload(
  ports: BeginUploadPorts,
  request: BeginUploadRequest,
  correlationId: string,
): Promise<BegunUpload> {
  checkDeclared(request)
  const id = ports.ambient.newId()
  const now = ports.ambient.now()
  const upload: PendingUpload = {
    id,
    sha256: request.sha256,
    filename: checkFilename(request.filename),
    size: request.size,
    content_type: request.content_type,
    original_key: originalKey(request.sha256, id),
    created_at: now.toISOString(),
    expires_at: new Date(now.getTime() + uploadLifetimeMs).toISOString(),
    correlation_id: correlationId,
  }
  const existing = await ports.images.get(request.sha256)
  if (existing !== null) {
    const found = recordThatExists(existing)
    if (found.kind === 'duplicate') return { kind: 'duplicate', answer: duplicate(found.image) }
    throw deletionInProgress()
  }
  const [signed] = await Promise.all([ports.originals.signPut(upload), ports.uploads.create(upload)])
  return { kind: 'begun', answer: { upload: { id, expires_at: upload.expires_at, ...signed } } }
}
