import { describe, expect, it } from 'vitest'
import { nameOfUnsupported, sniffFormat } from './sniff-format.ts'
import { ascii, uint32 } from './testing/byte-building.ts'
import { encodedPicture } from './testing/encoded-picture.ts'

const ftyp = (...brands: readonly string[]) =>
  Buffer.concat([
    uint32(16 + 4 * (brands.length - 1)),
    ascii(`ftyp${brands[0]}`),
    uint32(0),
    ascii(brands.slice(1).join('')),
    ascii('mdatavif'),
  ])

describe('the format', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const)('%s is known by its bytes', async (format) => {
    expect(sniffFormat(await encodedPicture({ format }))).toBe(format)
  })

  it.each([
    ['classic TIFF, little-endian', 'II*\0', 'tiff'],
    ['classic TIFF, big-endian', 'MM\0*', 'tiff'],
    ['BigTIFF, little-endian', 'II+\0', 'tiff'],
    ['BigTIFF, big-endian', 'MM\0+', 'tiff'],
    ['GIF87a', 'GIF87a', 'gif'],
    ['GIF of no known version', 'GIF88a', null],
    ['a JPEG with a wrong third byte', '\xff\xd8\x07\xff', null],
    ['a PNG of which the line ends were translated', '\x89PNG\n\x1a\n', null],
    ['a sound in the container of WebP', 'RIFF\0\0\0\0WAVEfmt ', null],
    ['nothing', '', null],
    ['one byte', '\xff', null],
  ])('of %s is %s', (_, head, format) => {
    expect(sniffFormat(ascii(head))).toBe(format)
  })

  it.each([
    [['avif', 'mif1', 'miaf'], 'avif'],
    [['avif'], 'avif'],
    [['mif1', 'avif'], 'avif'],
    [['heic', 'mif1'], null],
    [['mif1', 'heic'], null],
    [['mif1'], null],
    [['isom', 'mp42'], null],
  ] as const)('of a file with the brands %j is %s', (brands, format) => {
    expect(sniffFormat(ftyp(...brands))).toBe(format)
  })

  it('of an AVIF sequence is none, because the decoder does not open it', () => {
    expect(sniffFormat(ftyp('avis', 'avif', 'msf1'))).toBe(null)
  })
})

describe('the name of a format that is not supported', () => {
  it.each([
    [ftyp('heic', 'mif1'), 'a HEIC picture'],
    [ftyp('avis', 'avif'), 'an animated AVIF sequence'],
    [ftyp('crx ', 'isom'), 'a camera raw file'],
    [ftyp('isom', 'mp42'), 'a video'],
    [ascii('%PDF-1.7'), 'a PDF document'],
    [ascii('\n<!DOCTYPE html>'), 'a web page'],
    [ascii('<?xml version="1.0"?><svg>'), 'an SVG drawing'],
    [ascii('BM\0\0'), 'a BMP picture'],
    [ascii('\xff\x0a'), 'a JPEG XL picture'],
    [ascii('plain words'), 'something else'],
    [new Uint8Array(), 'something else'],
  ])('is what people call it', (head, name) => {
    expect(nameOfUnsupported(head)).toBe(name)
  })
})
