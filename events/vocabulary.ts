import * as z from 'zod'

/** Where an image, or one stage of its processing, stands. */
export const processingStatus = z.enum(['pending', 'processing', 'complete', 'failed'])
export type ProcessingStatus = z.infer<typeof processingStatus>

/** The two stages of processing; they succeed and fail apart. */
export const processingStage = z.enum(['thumbnails', 'variants'])
export type ProcessingStage = z.infer<typeof processingStage>

/** Stable codes of everything that can be wrong with an image. Clients may switch on them. */
export const imageErrorCode = z.enum([
  'corrupt_image',
  'image_too_large',
  'unsupported_format',
  'original_missing',
  'storage_unavailable',
  'worker_crashed',
  'internal_error',
])
export type ImageErrorCode = z.infer<typeof imageErrorCode>

/** What can be wrong with a file itself, at a refusal as well as later: neither another try nor another server helps. */
export const faultsOfFiles = [
  'corrupt_image',
  'image_too_large',
  'unsupported_format',
] as const satisfies ImageErrorCode[]

/** In a row. From then on nothing more is tried by itself; only a retry that somebody asks for closes the breaker. */
export const failuresThatOpenTheBreaker = 3

export const imageFormat = z.enum(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'])
export type ImageFormat = z.infer<typeof imageFormat>

export const renditionFormat = z.enum(['jpeg', 'webp', 'avif'])
export type RenditionFormat = z.infer<typeof renditionFormat>

export const mimeTypeOf: Readonly<Record<ImageFormat, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  gif: 'image/gif',
  avif: 'image/avif',
  tiff: 'image/tiff',
}

export const fileExtensionOf: Readonly<Record<RenditionFormat, string>> = {
  jpeg: 'jpg',
  webp: 'webp',
  avif: 'avif',
}

/** Limits that hold before anything is decoded. */
export const limits = {
  /** Largest original, in bytes, through `POST /api/uploads`. */
  originalBytes: 100 * 1024 * 1024,
  /** Largest body of `POST /api/images/upload`, in bytes: Lambda's 6 MB after base64. */
  directUploadBytes: 4_500_000,
  pixels: 100_000_000,
  /** Its decoder holds the whole picture in several copies, and gives up on one of 100 million at 2 GB. */
  avifPixels: 50_000_000,
  sidePixels: 20_000,
  filenameCharacters: 255,
  titleCharacters: 200,
  displaySizes: 20,
  displaySide: { min: 16, max: 8192 },
  pageSize: 200,
  hashesPerCheck: 500,
  /** Of one bulk call: each image has to fit into the time of one answer together with all the others. */
  imagesPerBulkCall: 100,
} as const

/** Longest sides of the three thumbnails, in pixels; smallest first. */
export const thumbnailSides = [150, 300, 600] as const

export const defaultDisplaySizes = ['1080x1920', '2160x3840', '1038x1278'] as const
export const defaultRenditionFormats: readonly RenditionFormat[] = ['jpeg', 'webp']

/** Lower-case hex SHA-256 of the original's bytes: the identity of an image. */
export const imageId = z.string().regex(/^[0-9a-f]{64}$/, 'Expected 64 lower-case hex digits (SHA-256)')

export const ulid = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'Expected a ULID')

/** `WIDTHxHEIGHT`, each side 16 to 8192 pixels, without leading zeros. */
export const displaySize = z
  .string()
  .regex(/^[1-9]\d{1,3}x[1-9]\d{1,3}$/, 'Expected WIDTHxHEIGHT, for example 1080x1920')
  .refine(
    (size) =>
      size
        .split('x')
        .map(Number)
        .every((side) => side >= limits.displaySide.min && side <= limits.displaySide.max),
    `Each side must be ${limits.displaySide.min} to ${limits.displaySide.max} pixels`,
  )

export const timestamp = z.iso.datetime({ precision: 3 })
