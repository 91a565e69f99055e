import sharp from 'sharp'
import { ascii, uint16, uint32 } from './byte-building.ts'

const box = (type: string, ...content: readonly Buffer[]): Buffer => {
  const bytes = Buffer.concat(content)
  return Buffer.concat([uint32(8 + bytes.length), ascii(type), bytes])
}

const fullBox = (type: string, version: number, ...content: readonly Buffer[]): Buffer =>
  box(type, Buffer.from([version, 0, 0, 0]), ...content)

export const ispe = (width: number, height: number): Buffer => fullBox('ispe', 0, uint32(width), uint32(height))
/** Quarter turns, anticlockwise. */
export const irot = (turns: number): Buffer => box('irot', Buffer.from([turns]))
export const imir = (axis: number): Buffer => box('imir', Buffer.from([axis]))
/** Crops, around the centre, to sides given as fractions. */
export const clap = (...fractions: readonly [number, number, number, number]): Buffer =>
  box('clap', ...[...fractions, 0, 1, 0, 1].map(uint32))

export interface AvifFile {
  readonly major?: string
  readonly compatible?: string
  readonly itemType?: string
  /** Of the primary item, beside its codec configuration. */
  readonly properties: readonly Buffer[]
  /** A TIFF structure. */
  readonly exif?: Buffer
  readonly exifIn?: 'file' | 'idat'
  readonly wide?: boolean
  readonly metaAtEnd?: boolean
  /** Bytes between the picture and the EXIF. */
  readonly padding?: number
  readonly primary?: number
}

/** An AVIF file around a picture of 64x32 pixels that a real encoder made, put together as described. */
export async function avifFile(file: AvifFile): Promise<Buffer> {
  const { codec, pixels } = await codedPicture()
  const exif = file.exif === undefined ? null : Buffer.concat([uint32(0), file.exif])
  const inIdat = file.exifIn === 'idat'
  const filler = Buffer.alloc(file.padding ?? 0)
  const mdat = box('mdat', pixels, filler, ...(exif !== null && !inIdat ? [exif] : []))
  const ftyp = box('ftyp', ascii(file.major ?? 'avif'), uint32(0), ascii(file.compatible ?? 'avifmif1miaf'))

  const meta = (mdatAt: number): Buffer => {
    const pixelsAt = mdatAt + 8
    const exifAt = inIdat ? 0 : pixelsAt + pixels.length + filler.length
    const items = [{ id: 1, type: file.itemType ?? 'av01', at: pixelsAt, length: pixels.length, construction: 0 }]
    if (exif !== null) {
      items.push({ id: 2, type: 'Exif', at: exifAt, length: exif.length, construction: inIdat ? 1 : 0 })
    }
    const properties = [codec, ...file.properties]
    const id = file.wide ? uint32 : uint16
    const version = file.wide ? 2 : 1
    return fullBox(
      'meta',
      0,
      fullBox('hdlr', 0, uint32(0), ascii('pict'), Buffer.alloc(13)),
      fullBox('pitm', file.wide ? 1 : 0, id(file.primary ?? 1)),
      fullBox(
        'iloc',
        version,
        Buffer.from([0x44, 0]),
        id(items.length),
        ...items.flatMap((item) => [
          id(item.id),
          uint16(item.construction),
          uint16(0),
          uint16(1),
          uint32(item.at),
          uint32(item.length),
        ]),
      ),
      fullBox(
        'iinf',
        file.wide ? 1 : 0,
        id(items.length),
        ...items.map((item) =>
          fullBox('infe', file.wide ? 3 : 2, id(item.id), uint16(0), ascii(item.type), Buffer.alloc(1)),
        ),
      ),
      ...(exif === null ? [] : [fullBox('iref', file.wide ? 1 : 0, box('cdsc', id(2), uint16(1), id(1)))]),
      box(
        'iprp',
        box('ipco', ...properties),
        fullBox(
          'ipma',
          file.wide ? 1 : 0,
          uint32(1),
          id(1),
          Buffer.from([properties.length]),
          ...properties.map((_, index) => Buffer.from([0x80 | (index + 1)])),
        ),
      ),
      ...(inIdat && exif !== null ? [box('idat', exif)] : []),
    )
  }

  if (file.metaAtEnd) return Buffer.concat([ftyp, mdat, meta(ftyp.length)])
  return Buffer.concat([ftyp, meta(ftyp.length + meta(0).length), mdat])
}

async function codedPicture(): Promise<{ codec: Buffer; pixels: Buffer }> {
  const create = { width: 64, height: 32, channels: 3, background: '#f80' } as const
  const avif = await sharp({ create }).avif().toBuffer()
  const boxOf = (type: string) => {
    const at = avif.indexOf(type) - 4
    return avif.subarray(at, at + avif.readUInt32BE(at))
  }
  return { codec: boxOf('av1C'), pixels: boxOf('mdat').subarray(8) }
}
