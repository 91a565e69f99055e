import { ImageError } from '../errors.ts'
import { readExifOf } from './exif-block.ts'
import { type ByteRange, characters, corrupt } from './header-reader.ts'
import type { PictureHeader } from './picture-header.ts'
import { readFirstDirectory, readInteger, type TiffDirectory } from './tiff-directory.ts'

const tags = {
  subfileType: 0x00fe,
  width: 0x0100,
  height: 0x0101,
  photometric: 0x0106,
  subDirectories: 0x014a,
  dngVersion: 0xc612,
}

/** Colour filter array and linear raw: values of a sensor, not of a picture. */
const photometricsOfRaw: readonly number[] = [32803, 34892]

/** Reads the first page, also where its directory stands at the end of the file, as most writers put it. */
export async function readTiffHeader(file: ByteRange): Promise<PictureHeader> {
  const directory = await readFirstDirectory(file)
  if (!directory.isComplete) throw corrupt('its TIFF directory claims more entries than it has')
  if (await isCameraRaw(file, directory)) {
    throw new ImageError(
      'unsupported_format',
      'Expected a picture, found a camera raw file. Develop it, export it as JPEG or TIFF, and upload that.',
    )
  }
  const width = await readInteger(file, directory, tags.width)
  const height = await readInteger(file, directory, tags.height)
  if (width === null || height === null) throw corrupt('its TIFF directory does not say how large the picture is')
  return { width, height, ...(await readExifOf(file, directory)) }
}

/** Raw files are TIFF files with a small preview as their first page: accepted, they would become postage stamps. */
async function isCameraRaw(file: ByteRange, directory: TiffDirectory): Promise<boolean> {
  if (directory.entries.has(tags.dngVersion)) return true
  if (file.size >= 10 && characters(await file.view(8, 2), 0, 2) === 'CR') return true
  const isPreview = ((await readInteger(file, directory, tags.subfileType)) ?? 0) & 1
  if (isPreview && directory.entries.has(tags.subDirectories)) return true
  const photometric = await readInteger(file, directory, tags.photometric)
  return photometric !== null && photometricsOfRaw.includes(photometric)
}
