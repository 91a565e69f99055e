import * as api from '@glowworm/events/http-api'
import { imageId, ulid } from '@glowworm/events/vocabulary'
import { z } from 'zod'
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiResponsesObject } from 'zod-openapi'

const json = (schema: z.ZodType) => ({ content: { 'application/json': { schema } } })

const errors: Readonly<Record<number, string>> = {
  400: 'The request is not as described here: `invalid_request`',
  401: 'Nobody is signed in, or the credentials are wrong',
  403: 'Sent by a page of another site: `forbidden`',
  404: 'There is no such thing',
  409: 'Not possible as things stand; the code says why',
  410: 'It was there and has expired',
  413: 'Too large: `payload_too_large` for bytes, `image_too_large` for pixels',
  415: 'Not a format that is processed: `unsupported_format`',
  429: 'Too many wrong passwords; `retry-after` says in how many seconds to try again: `too_many_requests`',
  422: 'The bytes are not what they should be: `corrupt_image` or `checksum_mismatch`',
}

/** Answers of the functions themselves. */
function refusals(...statuses: number[]): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    statuses.map((status) => [status, { description: errors[status] ?? '', ...json(api.errorResponse) }]),
  ) as ZodOpenApiResponsesObject
}

/** Of every call that needs somebody: the gateway asks who it is before any function is called. */
const authorization: ZodOpenApiResponsesObject = {
  401: { description: 'Nobody is signed in; the gateway says so', ...json(api.gatewayRefusal) },
  403: {
    description: 'Signed in, but not as an admin, or sent by a page of another site; the gateway says so',
    ...json(api.gatewayRefusal),
  },
}

const refusedByEither = json(z.union([api.errorResponse, api.gatewayRefusal]))

/** Of every call. */
const otherRefusals: ZodOpenApiResponsesObject = {
  default: {
    description:
      'A fault, `internal_error`; or an answer of the gateway by itself: too many requests (429), a body that is too ' +
      'large for any function (413), no answer in time (503)',
    ...refusedByEither,
  },
}

const signedIn = [{ session: [] }, { bearer: [] }]
const anybody: never[] = []
const imagePath = { path: z.object({ id: imageId }) }

function operation(
  operationId: string,
  summary: string,
  rest: Omit<ZodOpenApiOperationObject, 'operationId' | 'summary'>,
): ZodOpenApiOperationObject {
  const { security = signedIn, responses } = rest
  return {
    operationId,
    summary,
    ...rest,
    security,
    responses: { ...responses, ...(security === signedIn && authorization), ...otherRefusals },
  }
}

/** Everything that the HTTP API answers, as OpenAPI 3.1, made from the schemas that check requests and answers. */
export function openApiDocument() {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Glowworm',
      version: '1.0.0',
      description: 'Uploads photos, watches them being processed, and delivers exact variants to displays.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'glowworm_access' },
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      },
    },
    paths: {
      '/api/images/upload': {
        post: operation('uploadImage', 'Upload a small photo through the API', {
          description: 'Up to 4.5 MB. Larger photos go straight to storage: `POST /api/uploads`.',
          requestBody: {
            required: true,
            content: {
              'multipart/form-data': {
                schema: z.object({ file: z.string().meta({ override: { format: 'binary' } }) }),
              },
              'image/*': { schema: z.string().meta({ override: { format: 'binary' } }) },
            },
          },
          responses: {
            200: { description: 'Accepted, or known already', ...json(api.uploadedResponse) },
            ...refusals(400, 409, 415, 422),
            413: {
              description: `${errors[413]}; the gateway says so of what no function could take`,
              ...refusedByEither,
            },
          },
        }),
      },
      '/api/uploads': {
        post: operation('beginUpload', 'Begin an upload that goes straight to storage', {
          requestBody: { required: true, ...json(api.beginUploadRequest) },
          responses: {
            200: { description: 'Known already: no bytes need to move', ...json(api.uploadedResponse) },
            201: { description: 'Send the bytes to the URL given', ...json(api.beganUploadResponse) },
            ...refusals(400, 409, 413, 415),
          },
        }),
      },
      '/api/uploads/{id}/complete': {
        post: operation('completeUpload', 'Say that the bytes have been sent', {
          requestParams: { path: z.object({ id: ulid }) },
          responses: {
            200: { description: 'Accepted', ...json(api.uploadedResponse) },
            ...refusals(400, 404, 409, 410, 413, 415, 422),
          },
        }),
      },
      '/api/images/check-duplicates': {
        post: operation('checkDuplicates', 'Ask which of many photos are known', {
          requestBody: { required: true, ...json(api.checkDuplicatesRequest) },
          responses: {
            200: { description: 'By hash', ...json(api.checkDuplicatesResponse) },
            ...refusals(400),
          },
        }),
      },
      '/api/images': {
        get: operation('listImages', 'List images, page by page', {
          requestParams: { query: api.listImagesQuery },
          responses: { 200: { description: 'One page', ...json(api.imagePage) }, ...refusals(400) },
        }),
      },
      '/api/images/{id}': {
        get: operation('getImage', 'One image', {
          requestParams: imagePath,
          responses: { 200: { description: 'The image', ...json(api.imageResponse) }, ...refusals(400, 404) },
        }),
        patch: operation('changeImage', 'Change the title or the focal point', {
          description: 'Another focal point has the variants made anew; the old ones stay until then.',
          requestParams: imagePath,
          requestBody: { required: true, ...json(api.changeImageRequest) },
          responses: {
            200: { description: 'As it is now', ...json(api.imageResponse) },
            ...refusals(400, 404, 409),
          },
        }),
        delete: operation('deleteImage', 'Delete an image with its original and every rendition', {
          requestParams: imagePath,
          responses: { 204: { description: 'Gone' }, ...refusals(400, 404) },
        }),
      },
      '/api/images/bulk-delete': {
        post: operation('bulkDelete', 'Delete many images', {
          requestBody: { required: true, ...json(api.bulkDeleteRequest) },
          responses: { 200: { description: 'By image', ...json(api.bulkResponse) }, ...refusals(400) },
        }),
      },
      '/api/images/retry-failed': {
        post: operation('retryFailed', 'Process again what has failed', {
          description: 'Without ids, as many as one call may take; call again as long as some remain.',
          requestBody: { required: true, ...json(api.retryFailedRequest) },
          responses: {
            200: { description: 'By image', ...json(api.retriedFailedResponse) },
            ...refusals(400),
          },
        }),
      },
      '/api/images/{id}/original': {
        get: operation('getOriginal', 'Download the original', {
          requestParams: imagePath,
          responses: { 302: { description: 'To a short-lived URL' }, ...refusals(400, 404) },
        }),
      },
      '/api/images/{id}/retry-processing': {
        post: operation('retryProcessing', 'Process again; closes the breaker', {
          requestParams: imagePath,
          responses: {
            200: { description: 'Queued', ...json(api.uploadedResponse) },
            ...refusals(400, 404, 409),
          },
        }),
      },
      '/api/settings/display-sizes': {
        get: operation('getDisplaySizes', 'What is rendered of every image', {
          responses: { 200: { description: 'As stored', ...json(api.displaySizesResponse) } },
        }),
        put: operation('changeDisplaySizes', 'Change what is rendered of every image', {
          description: 'Images are rendered anew behind all other work; only what is missing is made.',
          requestBody: { required: true, ...json(api.changeDisplaySizesRequest) },
          responses: {
            200: { description: 'Stored', ...json(api.changedDisplaySizesResponse) },
            ...refusals(400, 409),
          },
        }),
      },
      '/api/settings/display-sizes/coverage': {
        get: operation('displaySizesCoverage', 'How many images have each display size', {
          responses: {
            200: { description: 'At this moment', ...json(api.displaySizesCoverageResponse) },
          },
        }),
      },
      '/api/processing/stats': {
        get: operation('processingStats', 'What waits, what there is, and how fast the last hour was', {
          responses: {
            200: { description: 'At this moment', ...json(api.processingStatsResponse) },
          },
        }),
      },
      '/api/processing/redrive': {
        post: operation('redrive', 'Process the images of dead letters again', {
          description: 'As many as one call can take; call again as long as any are redriven.',
          responses: {
            200: { description: 'What became of them', ...json(api.redriveResponse) },
          },
        }),
      },
      '/api/ws/tickets': {
        post: operation('createTicket', 'A ticket for one WebSocket connection within 60 seconds', {
          responses: {
            201: { description: 'Connect to `url` with `?ticket=`', ...json(api.ticketResponse) },
          },
        }),
      },
      '/api/auth/login': {
        post: operation('login', 'Sign in', {
          security: anybody,
          requestBody: { required: true, ...json(api.loginRequest) },
          responses: { 200: { description: 'Signed in', ...json(api.loginResponse) }, ...refusals(400, 401, 429) },
        }),
      },
      '/api/auth/logout': {
        post: operation('logout', 'Sign out; only pages of the site itself can', {
          security: anybody,
          responses: { 204: { description: 'Signed out' }, ...refusals(403) },
        }),
      },
      '/api/auth/me': {
        get: operation('me', 'Who is signed in; renews the session when it can', {
          security: anybody,
          responses: { 200: { description: 'Signed in', ...json(api.meResponse) }, ...refusals(401) },
        }),
      },
      '/api/health': {
        get: operation('health', 'Whether the API answers', {
          security: anybody,
          responses: { 200: { description: 'It does', ...json(api.healthResponse) } },
        }),
      },
      '/media/{id}/{name}': {
        get: operation('resolveMedia', 'Short stable URL of a rendition, for example `1080x1920` or `600.webp`', {
          security: anybody,
          requestParams: { path: z.object({ id: imageId, name: z.string() }) },
          responses: { 302: { description: 'To the immutable URL' }, ...refusals(404) },
        }),
      },
    },
  })
}
