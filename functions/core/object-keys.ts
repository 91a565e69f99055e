import { fileExtensionOf, type RenditionFormat } from '@glowworm/events/vocabulary'

/** `originals/{image_id}/{upload_id}`: two uploads of the same bytes never share an object, so neither can delete the other's. */
export const originalKey = (imageId: string, uploadId: string): string => `originals/${imageId}/${uploadId}`

/** Of the upload that stored an original. */
export const uploadIdOf = (key: string): string => key.split('/')[2] ?? ''

/** Every rendition of an image has a key with this prefix. */
export const renditionPrefix = (imageId: string): string => `media/${imageId}/`

/** Of the image to which an object belongs, original or rendition. */
export const imageIdOf = (key: string): string => key.split('/')[1] ?? ''

/** `media/{image_id}/{name}.{recipe}.{ext}`: says what made the bytes, so they may be cached for ever. */
export const renditionKey = (imageId: string, name: string, recipe: string, format: RenditionFormat): string =>
  `${renditionPrefix(imageId)}${name}.${recipe}.${fileExtensionOf[format]}`
