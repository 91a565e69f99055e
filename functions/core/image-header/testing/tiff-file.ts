export interface TiffField {
  readonly tag: number
  /** 2 text, 3 SHORT, 4 LONG, 5 RATIONAL. */
  readonly type: 2 | 3 | 4 | 5
  /** Numerators and denominators take turns. */
  readonly values: string | readonly number[]
}

export interface TiffFile {
  readonly byteOrder: 'II' | 'MM'
  readonly ifd0: readonly TiffField[]
  readonly exif?: readonly TiffField[]
  readonly gps?: readonly TiffField[]
  /** Bytes, standing for the pixels, between the header and the directories. */
  readonly padding?: number
}

const bytesOf = { 2: 1, 3: 2, 4: 4, 5: 4 } as const

/** A TIFF file with its directories at the end, where most writers put them. */
export function tiffFile({ byteOrder, ifd0, exif, gps, padding = 0 }: TiffFile): Buffer {
  const littleEndian = byteOrder === 'II'
  const uint16 = (value: number) => numberBytes(2, value)
  const uint32 = (value: number) => numberBytes(4, value)
  const parts: Buffer[] = [Buffer.from(byteOrder), uint16(42), uint32(0), Buffer.alloc(padding + (padding & 1))]
  let end = 8 + padding + (padding & 1)

  const append = (bytes: Buffer): number => {
    const at = end
    const even = bytes.length & 1 ? Buffer.concat([bytes, Buffer.alloc(1)]) : bytes
    parts.push(even)
    end += even.length
    return at
  }
  const appendDirectory = (fields: readonly TiffField[]): number => {
    const entries = fields.map((field) => {
      const { type, values } = field
      const bytes =
        typeof values === 'string'
          ? Buffer.from(`${values}\0`)
          : Buffer.concat(values.map((value) => numberBytes(bytesOf[type], value)))
      const count = bytes.length / (type === 5 ? 8 : bytesOf[type])
      const value = bytes.length <= 4 ? Buffer.concat([bytes, Buffer.alloc(4 - bytes.length)]) : uint32(append(bytes))
      return Buffer.concat([uint16(field.tag), uint16(type), uint32(count), value])
    })
    return append(Buffer.concat([uint16(fields.length), ...entries, uint32(0)]))
  }
  function numberBytes(length: 1 | 2 | 4, value: number): Buffer {
    const bytes = Buffer.alloc(length)
    if (littleEndian) bytes.writeUIntLE(value, 0, length)
    else bytes.writeUIntBE(value, 0, length)
    return bytes
  }

  const pointer = (tag: number, fields: readonly TiffField[] | undefined): readonly TiffField[] =>
    fields === undefined ? [] : [{ tag, type: 4, values: [appendDirectory(fields)] }]
  const pointers = [...pointer(0x8769, exif), ...pointer(0x8825, gps)]
  parts[2] = uint32(appendDirectory([...ifd0, ...pointers]))
  return Buffer.concat(parts)
}

export const sizeFields = (width: number, height: number): readonly TiffField[] => [
  { tag: 0x0100, type: 4, values: [width] },
  { tag: 0x0101, type: 4, values: [height] },
]
