import { type ByteRange, corrupt } from './header-reader.ts'
import type { PictureHeader, Size } from './picture-header.ts'

const extension = 0x21
const imageDescriptor = 0x2c

/** Screen sizes that broken encoders wrote instead of the size of the picture. */
const sizesOfScreens: readonly string[] = ['640x480', '640x512', '800x600', '1024x768', '1280x1024', '1600x1200']

/**
 * Reads up to the first frame, which can be larger than the screen that the header declares, and then counts: a GIF of
 * 10x10 may hold a frame of 60,000x60,000. The size is the one that libnsgif, the decoder, comes to.
 */
export async function readGifHeader(file: ByteRange): Promise<PictureHeader> {
  const header = await file.view(6, 7)
  const screen = believable({ width: header.getUint16(0, true), height: header.getUint16(2, true) })
  let at = 13 + colourTableBytes(header.getUint8(4))
  for (;;) {
    const introducer = (await file.view(at, 1)).getUint8(0)
    if (introducer === imageDescriptor) break
    if (introducer !== extension) throw corrupt('a GIF should hold at least one frame, and this one does not')
    at = await endOfBlocks(file, at + 2)
  }
  const frame = await file.view(at + 1, 8)
  return {
    width: Math.max(screen.width, frame.getUint16(0, true) + frame.getUint16(4, true)),
    height: Math.max(screen.height, frame.getUint16(2, true) + frame.getUint16(6, true)),
    orientation: 1,
    exifBlock: null,
  }
}

function believable(screen: Size): Size {
  const { width, height } = screen
  const isBelievable =
    width > 0 && height > 0 && width <= 2048 && height <= 2048 && !sizesOfScreens.includes(`${width}x${height}`)
  return isBelievable ? screen : { width: 1, height: 1 }
}

const colourTableBytes = (flags: number): number => ((flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1))

async function endOfBlocks(file: ByteRange, start: number): Promise<number> {
  for (let at = start; ; ) {
    const length = (await file.view(at, 1)).getUint8(0)
    at += 1 + length
    if (length === 0) return at
  }
}
