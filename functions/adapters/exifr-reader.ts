import exifr from 'exifr'
import { normaliseExif } from '../core/exif-policy.ts'
import type { ImageRecord } from '../core/image-record.ts'

/** Raw values by directory: exifr neither interprets them nor makes Dates, which would depend on the time zone here. */
const rawByDirectory = {
  tiff: true,
  exif: true,
  gps: true,
  ifd1: false,
  interop: false,
  makerNote: false,
  userComment: false,
  xmp: false,
  icc: false,
  iptc: false,
  jfif: false,
  ihdr: false,
  mergeOutput: false,
  sanitize: true,
  translateKeys: true,
  translateValues: false,
  reviveValues: false,
}

/**
 * What the EXIF tags say, made fit for the record; null if they say nothing. Broken EXIF says nothing: it is no
 * reason to refuse a photo.
 * @param block a TIFF structure, as `readImageHeader` gives it
 */
export async function readExif(block: Uint8Array): Promise<ImageRecord['exif']> {
  return normaliseExif(await exifr.parse(block, rawByDirectory).catch(() => null))
}
