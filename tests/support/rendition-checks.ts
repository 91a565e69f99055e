import type { Image, Rendition } from '@glowworm/events/image'
import { fileExtensionOf, thumbnailSides } from '@glowworm/events/vocabulary'
import sharp from 'sharp'
import { expect } from 'vitest'
import type { ApiClient } from '../../scripts/client/api-client.ts'
import { displaySettings } from './display-settings.ts'

const mimeTypes = { jpeg: 'image/jpeg', webp: 'image/webp', avif: 'image/avif' } as const

/** Names of everything that a complete image has under the settings of now. */
export async function expectedNames(api: ApiClient): Promise<readonly string[]> {
  const { display_sizes, formats } = await displaySettings(api)
  return [...thumbnailSides.map(String), ...display_sizes].flatMap((name) =>
    formats.map((format) => `${name}.${fileExtensionOf[format]}`),
  )
}

/**
 * Downloads every rendition that the settings ask for from the site, and checks it by decoding: size, format, colour
 * space, and that nothing private is in it.
 */
export async function checkRenditions(api: ApiClient, image: Image): Promise<void> {
  expect(Object.keys(image.renditions).sort()).toEqual((await expectedNames(api)).toSorted())
  for (const [name, rendition] of Object.entries(image.renditions)) {
    const response = await fetch(api.url + rendition.url)
    expect(response.status, name).toBe(200)
    expect(response.headers.get('content-type'), name).toBe(mimeTypes[rendition.format])
    expect(response.headers.get('cache-control'), name).toBe('public, max-age=31536000, immutable')
    await checkPixels(name, Buffer.from(await response.arrayBuffer()), rendition, image)
  }
}

async function checkPixels(name: string, bytes: Buffer, rendition: Rendition, image: Image): Promise<void> {
  const picture = sharp(bytes, { failOn: 'warning' })
  const { width, height, format, space, exif, xmp, iptc, icc, orientation } = await picture.metadata()
  const { info } = await picture.raw().toBuffer({ resolveWithObject: true })
  expect({ width: info.width, height: info.height, bytes: bytes.length }, name).toEqual({
    width: rendition.width,
    height: rendition.height,
    bytes: rendition.bytes,
  })
  expect({ width, height }, name).toEqual(expectedSize(name, image))
  expect(format, name).toBe(rendition.format)
  expect(['srgb', 'b-w'], name).toContain(space)
  expect({ exif, xmp, iptc, icc, orientation }, name).toEqual({})
}

function expectedSize(name: string, image: Image): { width: number; height: number } {
  const [base = ''] = name.split('.')
  if (base.includes('x')) {
    const [width = 0, height = 0] = base.split('x').map(Number)
    return { width, height }
  }
  const scale = Math.min(1, Number(base) / Math.max(image.width, image.height))
  return { width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)) }
}
