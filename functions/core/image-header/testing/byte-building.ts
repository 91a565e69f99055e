/** Numbers and pieces of files, as bytes. */
export const uint16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export const uint32le = (value: number): Buffer => uint32(value).reverse()

export const ascii = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A copy with some bytes put in at `offset`. */
export const inserted = (bytes: Buffer, offset: number, addition: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, offset), addition, bytes.subarray(offset)])

/** A copy with other bytes at `offset`. */
export const overwritten = (bytes: Buffer, offset: number, replacement: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, offset), replacement, bytes.subarray(offset + replacement.length)])
