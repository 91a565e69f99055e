import type { ImageFormat } from '@glowworm/events/vocabulary'

const text = (head: Uint8Array, offset: number, length: number): string =>
  String.fromCharCode(...head.subarray(offset, offset + length))

const startsWith = (head: Uint8Array, ...bytes: readonly number[]): boolean =>
  bytes.every((byte, index) => head[index] === byte)

/** The format of a file by its first bytes (the first 512 are enough), null if it is not on the list. */
export function sniffFormat(head: Uint8Array): ImageFormat | null {
  if (startsWith(head, 0xff, 0xd8, 0xff)) return 'jpeg'
  if (startsWith(head, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png'
  if (text(head, 0, 4) === 'RIFF' && text(head, 8, 4) === 'WEBP') return 'webp'
  if (text(head, 0, 6) === 'GIF87a' || text(head, 0, 6) === 'GIF89a') return 'gif'
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(text(head, 0, 4))) return 'tiff'
  if (isAvif(head)) return 'avif'
  return null
}

/** Major brands of the files that the decoder opens; it looks at no other brand. */
const openedBrands: readonly string[] = ['avif', 'mif1', 'msf1']

function isAvif(head: Uint8Array): boolean {
  const [major, ...compatible] = brandsOf(head)
  return major !== undefined && openedBrands.includes(major) && [major, ...compatible].includes('avif')
}

/** Room for a hundred brands; real files have a dozen. In bytes. */
const maxBrandBytes = 512

/** Brands of an ISO base media file, the major one first; none if it is no such file. */
function brandsOf(head: Uint8Array): readonly string[] {
  if (text(head, 4, 4) !== 'ftyp') return []
  const size = Math.min(new DataView(head.buffer, head.byteOffset).getUint32(0), head.length, maxBrandBytes)
  const offsets = [8]
  for (let offset = 16; offset + 4 <= size; offset += 4) offsets.push(offset)
  return offsets.map((offset) => text(head, offset, 4))
}

/** What people call the file that begins so; for messages only. */
export function nameOfUnsupported(head: Uint8Array): string {
  const brands = brandsOf(head)
  if (brands.includes('avis')) return 'an animated AVIF sequence'
  if (brands.some((brand) => /^(he[iv][cxms]|mif1)/.test(brand))) return 'a HEIC picture'
  if (brands.includes('crx ')) return 'a camera raw file'
  if (brands.length > 0) return 'a video'
  const start = text(head, 0, 512).trimStart().toLowerCase()
  if (start.startsWith('%pdf')) return 'a PDF document'
  if (/^(<!doctype html|<html)/.test(start)) return 'a web page'
  if (start.includes('<svg')) return 'an SVG drawing'
  if (start.startsWith('bm')) return 'a BMP picture'
  if (start.startsWith('8bps')) return 'a Photoshop document'
  if (start.startsWith('pk\x03\x04')) return 'a ZIP archive'
  if (start.startsWith('fujifilmccd-raw')) return 'a camera raw file'
  if (startsWith(head, 0xff, 0x0a) || text(head, 4, 4) === 'JXL ') return 'a JPEG XL picture'
  if (text(head, 4, 4) === 'jP  ') return 'a JPEG 2000 picture'
  return 'something else'
}
