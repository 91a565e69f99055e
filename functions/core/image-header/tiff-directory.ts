import { type ByteRange, characters, corrupt } from './header-reader.ts'

/** How the numbers of a TIFF structure are written. */
export interface TiffLayout {
  readonly littleEndian: boolean
  /** BigTIFF: offsets and counts of 8 bytes. */
  readonly big: boolean
}

export interface TiffEntry {
  readonly tag: number
  readonly type: number
  readonly count: number
  /** Of the value, from the start of the structure. */
  readonly offset: number
  /** Of the value, in bytes; 0 for a type that is not known. */
  readonly size: number
}

export interface TiffDirectory {
  readonly layout: TiffLayout
  /** By tag. */
  readonly entries: ReadonlyMap<number, TiffEntry>
  /** False if the directory claims more entries than there are, or can be. */
  readonly isComplete: boolean
}

/** libtiff reads no directory with more. */
const maxEntries = 4096

/** Bytes of one value, by type. */
const bytesOfType: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
}

/** The first directory, IFD0, of a TIFF structure. @throws ImageError `corrupt_image` */
export async function readFirstDirectory(tiff: ByteRange): Promise<TiffDirectory> {
  const header = await tiff.view(0, 8)
  const littleEndian = characters(header, 0, 2) === 'II'
  const magic = header.getUint16(2, littleEndian)
  const big = magic === 43
  if ((!littleEndian && characters(header, 0, 2) !== 'MM') || (magic !== 42 && !big)) {
    throw corrupt('a TIFF structure should begin with its header, and this one does not')
  }
  if (!big) return readDirectory(tiff, { littleEndian, big }, header.getUint32(4, littleEndian))
  const bigHeader = await tiff.view(0, 16)
  if (bigHeader.getUint16(4, littleEndian) !== 8 || bigHeader.getUint16(6, littleEndian) !== 0) {
    throw corrupt('its BigTIFF header is not one')
  }
  return readDirectory(tiff, { littleEndian, big }, uint64(bigHeader, 8, littleEndian))
}

export async function readDirectory(tiff: ByteRange, layout: TiffLayout, offset: number): Promise<TiffDirectory> {
  const { littleEndian, big } = layout
  const [countBytes, entryBytes] = big ? [8, 20] : [2, 12]
  const header = await tiff.view(offset, countBytes)
  const count = big ? uint64(header, 0, littleEndian) : header.getUint16(0, littleEndian)
  const first = offset + countBytes
  const present = Math.min(count, maxEntries, Math.floor((tiff.size - first) / entryBytes))
  const view = await tiff.view(first, present * entryBytes)
  const entries = new Map<number, TiffEntry>()
  for (let index = 0; index < present; index++) {
    const entry = readEntry(view, index * entryBytes, layout, first)
    // Of repeated tags decoders use the first.
    if (!entries.has(entry.tag)) entries.set(entry.tag, entry)
  }
  return { layout, entries, isComplete: present === count }
}

function readEntry(view: DataView, at: number, { littleEndian, big }: TiffLayout, viewOffset: number): TiffEntry {
  const type = view.getUint16(at + 2, littleEndian)
  const count = big ? uint64(view, at + 4, littleEndian) : view.getUint32(at + 4, littleEndian)
  const size = count * (bytesOfType[type] ?? 0)
  const valueAt = at + (big ? 12 : 8)
  const pointer = big ? uint64(view, valueAt, littleEndian) : view.getUint32(valueAt, littleEndian)
  const isInline = size <= (big ? 8 : 4)
  return {
    tag: view.getUint16(at, littleEndian),
    type,
    count,
    offset: isInline ? viewOffset + valueAt : pointer,
    size,
  }
}

/** The first whole number of an entry; null if there is no such entry or it holds no whole numbers. */
export async function readInteger(tiff: ByteRange, directory: TiffDirectory, tag: number): Promise<number | null> {
  const entry = directory.entries.get(tag)
  if (entry === undefined || entry.count === 0) return null
  const { littleEndian } = directory.layout
  const value = () => tiff.view(entry.offset, bytesOfType[entry.type] ?? 0)
  switch (entry.type) {
    case 1:
      return (await value()).getUint8(0)
    case 3:
      return (await value()).getUint16(0, littleEndian)
    case 4:
    case 13:
      return (await value()).getUint32(0, littleEndian)
    case 6:
      return (await value()).getInt8(0)
    case 8:
      return (await value()).getInt16(0, littleEndian)
    case 9:
      return (await value()).getInt32(0, littleEndian)
    case 16:
    case 18:
      return uint64(await value(), 0, littleEndian)
    default:
      return null
  }
}

/** May lose precision above 2^53, which no offset or size of a file that we accept comes near. */
const uint64 = (view: DataView, offset: number, littleEndian: boolean): number =>
  Number(view.getBigUint64(offset, littleEndian))
