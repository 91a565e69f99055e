import { ImageError } from '../errors.ts'
import { readExifBlock, withoutPrefix } from './exif-block.ts'
import { type ByteRange, characters, corrupt, rangeOf } from './header-reader.ts'
import type { PictureHeader, Size } from './picture-header.ts'

/** A meta box holds tables, a colour profile and no pixels; it is read as a whole. In bytes. */
const maxMetaBytes = 1024 * 1024

/** A coded picture, or one composed of coded pictures. */
const readableItems: readonly string[] = ['av01', 'grid', 'iovl', 'iden']

interface Box {
  readonly type: string
  readonly content: DataView
}

interface Meta {
  readonly boxes: ReadonlyMap<string, DataView>
  /** Where the content of its `idat` box stands in the file. */
  readonly idatAt: number
}

/**
 * Reads the meta box. The picture stands upright once its own transformations are applied, which is part of decoding;
 * EXIF orientation counts for nothing in this format.
 */
export async function readAvifHeader(file: ByteRange): Promise<PictureHeader> {
  const meta = await readMeta(file)
  const items = itemTypes(required(meta, 'iinf'))
  const primary = primaryItem(required(meta, 'pitm'))
  const type = items.get(primary)
  if (type === undefined) throw corrupt('the picture that its AVIF index names does not exist')
  if (!readableItems.includes(type)) {
    throw new ImageError(
      'unsupported_format',
      `Expected an AVIF picture, found one coded as ${JSON.stringify(type)}. Save it as JPEG, and upload that.`,
    )
  }
  const properties = propertiesOf(required(meta, 'iprp'), primary)
  const stored = storedSize(properties)
  const exifItem = [...items].find(([, itemType]) => itemType === 'Exif')?.[0]
  const exif = exifItem === undefined ? null : await exifOf(file, meta, exifItem)
  const { exifBlock } = await readExifBlock(exif)
  return { ...stored, upright: uprightSize(stored, properties), orientation: 1, exifBlock }
}

async function readMeta(file: ByteRange): Promise<Meta> {
  for (let at = 0; at + 8 <= file.size; ) {
    const { type, headerBytes, size } = boxHeader(await file.view(at, Math.min(16, file.size - at)), file.size - at)
    if (type === 'meta') {
      if (size > maxMetaBytes) throw corrupt(`its AVIF index has ${size} bytes`)
      const view = await file.view(at, size)
      // A version and flags stand before the boxes within.
      const inner = part(view, headerBytes + 4)
      const boxes = new Map(boxesIn(inner).map((box) => [box.type, box.content]))
      const idat = boxes.get('idat')
      return { boxes, idatAt: idat === undefined ? 0 : at + (idat.byteOffset - view.byteOffset) }
    }
    at += size
  }
  throw corrupt('its AVIF index is missing')
}

function boxHeader(view: DataView, available: number): { type: string; headerBytes: number; size: number } {
  const short = view.getUint32(0)
  const headerBytes = short === 1 ? 16 : 8
  const size = short === 0 ? available : short === 1 ? Number(view.getBigUint64(8)) : short
  if (size < headerBytes) throw corrupt('one of its AVIF boxes has an impossible size')
  return { type: characters(view, 4, 4), headerBytes, size }
}

function boxesIn(view: DataView): readonly Box[] {
  const boxes: Box[] = []
  for (let at = 0; at + 8 <= view.byteLength; ) {
    const { type, headerBytes, size } = boxHeader(part(view, at), view.byteLength - at)
    boxes.push({ type, content: part(view, at + headerBytes, size - headerBytes) })
    at += size
  }
  return boxes
}

/** @throws RangeError where the view has no such part */
const part = (view: DataView, offset: number, length?: number): DataView => {
  if (length !== undefined && offset + length > view.byteLength) throw new RangeError('A box ends after its parent')
  return new DataView(view.buffer, view.byteOffset + offset, length ?? view.byteLength - offset)
}

function required(meta: Meta, type: string): DataView {
  const content = meta.boxes.get(type)
  if (content === undefined) throw corrupt(`its AVIF index has no ${type} box`)
  return content
}

const version = (box: DataView): number => box.getUint8(0)

const primaryItem = (pitm: DataView): number => (version(pitm) === 0 ? pitm.getUint16(4) : pitm.getUint32(4))

/** Types of the items by id. */
function itemTypes(iinf: DataView): ReadonlyMap<number, string> {
  const entries = boxesIn(part(iinf, version(iinf) === 0 ? 6 : 8))
  return new Map(
    entries
      .filter(({ type, content }) => type === 'infe' && version(content) >= 2)
      .map(({ content }) => {
        const idBytes = version(content) === 2 ? 2 : 4
        return [uint(content, 4, idBytes), characters(content, 4 + idBytes + 2, 4)]
      }),
  )
}

/** Properties of one item, in the order in which they apply. */
function propertiesOf(iprp: DataView, item: number): readonly Box[] {
  const boxes = boxesIn(iprp)
  const container = boxes.find(({ type }) => type === 'ipco')
  const all = container === undefined ? [] : boxesIn(container.content)
  const associations = boxes.filter(({ type }) => type === 'ipma').map(({ content }) => associationsOf(content, item))
  return associations.flat().flatMap((index) => all[index - 1] ?? [])
}

/** Numbers of the properties of one item, from 1. */
function associationsOf(ipma: DataView, item: number): readonly number[] {
  const idBytes = version(ipma) === 0 ? 2 : 4
  const numberBytes = (ipma.getUint8(3) & 1) === 0 ? 1 : 2
  const found: number[] = []
  let at = 8
  for (let entry = ipma.getUint32(4); entry > 0; entry--) {
    const isWanted = uint(ipma, at, idBytes) === item
    const count = ipma.getUint8(at + idBytes)
    at += idBytes + 1
    for (let index = 0; index < count; index++, at += numberBytes) {
      // The highest bit says only that the property is essential.
      const mask = numberBytes === 1 ? 0x7f : 0x7fff
      if (isWanted) found.push(uint(ipma, at, numberBytes) & mask)
    }
  }
  return found
}

function storedSize(properties: readonly Box[]): Size {
  const extents = properties.findLast(({ type }) => type === 'ispe')?.content
  if (extents === undefined) throw corrupt('its AVIF index does not say how large the picture is')
  return { width: extents.getUint32(4), height: extents.getUint32(8) }
}

/** Mirroring (`imir`) leaves the size as it is. */
function uprightSize(stored: Size, properties: readonly Box[]): Size {
  return properties.reduce((size, { type, content }) => {
    if (type === 'irot') return content.getUint8(0) & 1 ? { width: size.height, height: size.width } : size
    if (type === 'clap') return cropped(size, content)
    return size
  }, stored)
}

function cropped(size: Size, clap: DataView): Size {
  const width = Math.round(clap.getUint32(0) / clap.getUint32(4))
  const height = Math.round(clap.getUint32(8) / clap.getUint32(12))
  const isInside = width >= 1 && height >= 1 && width <= size.width && height <= size.height
  if (!isInside) throw corrupt('its AVIF index cuts the picture to a size that it does not have')
  return { width, height }
}

/** The EXIF of the file; null if it is stored in a way that no camera or program uses. */
async function exifOf(file: ByteRange, meta: Meta, item: number): Promise<ByteRange | null> {
  const iloc = meta.boxes.get('iloc')
  const location = iloc === undefined ? null : locationOf(iloc, item)
  if (location === null) return null
  const base = location.isInIdat ? meta.idatAt : 0
  const content = rangeOf(file, base + location.offset, location.length)
  if (content.size < 4) return null
  // The first four bytes say how far behind them the structure begins.
  const lead = (await content.view(0, 4)).getUint32(0)
  return withoutPrefix(rangeOf(content, 4 + lead))
}

function locationOf(iloc: DataView, item: number): { isInIdat: boolean; offset: number; length: number } | null {
  const layoutVersion = version(iloc)
  const offsetBytes = iloc.getUint8(4) >> 4
  const lengthBytes = iloc.getUint8(4) & 15
  const baseBytes = iloc.getUint8(5) >> 4
  const indexBytes = layoutVersion === 0 ? 0 : iloc.getUint8(5) & 15
  const idBytes = layoutVersion < 2 ? 2 : 4
  let at = 6 + idBytes
  for (let entry = uint(iloc, 6, idBytes); entry > 0; entry--) {
    const id = uint(iloc, at, idBytes)
    at += idBytes
    const construction = layoutVersion === 0 ? 0 : iloc.getUint16(at) & 15
    at += layoutVersion === 0 ? 2 : 4
    const base = uint(iloc, at, baseBytes)
    at += baseBytes
    const extents = iloc.getUint16(at)
    at += 2
    if (id === item) {
      if (extents !== 1 || construction > 1) return null
      const offset = base + uint(iloc, at + indexBytes, offsetBytes)
      return { isInIdat: construction === 1, offset, length: uint(iloc, at + indexBytes + offsetBytes, lengthBytes) }
    }
    at += extents * (indexBytes + offsetBytes + lengthBytes)
  }
  return null
}

function uint(view: DataView, offset: number, bytes: number): number {
  switch (bytes) {
    case 0:
      return 0
    case 1:
      return view.getUint8(offset)
    case 2:
      return view.getUint16(offset)
    case 4:
      return view.getUint32(offset)
    case 8:
      return Number(view.getBigUint64(offset))
    default:
      throw corrupt(`its AVIF index has numbers of ${bytes} bytes`)
  }
}
