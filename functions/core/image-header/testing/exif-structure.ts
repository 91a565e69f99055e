/** A TIFF structure of which IFD0 holds the orientation and nothing else. */
export function orientationOnly(orientation: number): Buffer {
  const bytes = Buffer.from('49492a0008000000010012010300010000000000000000000000', 'hex')
  bytes.writeUInt16LE(orientation, 18)
  return bytes
}
