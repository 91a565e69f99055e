import type { GpsPosition, ImageRecord } from './image-record.ts'

type StoredExif = NonNullable<ImageRecord['exif']>

/** Longest text that is kept, in characters. */
const maxCharacters = 128

/**
 * Raw EXIF, by directory and tag as exifr names them with values neither revived nor translated, made fit for the
 * record. What is missing, malformed or beyond belief becomes null; null altogether if nothing is left. Never throws.
 */
export function normaliseExif(raw: unknown): ImageRecord['exif'] {
  const camera = groupOf(raw, 'ifd0')
  const exposure = groupOf(raw, 'exif')
  const gps = positionOf(groupOf(raw, 'gps'))
  const visible = {
    captured_at:
      localTime(exposure.DateTimeOriginal, exposure.OffsetTimeOriginal) ??
      localTime(exposure.CreateDate, exposure.OffsetTimeDigitized),
    camera_make: text(camera.Make),
    camera_model: text(camera.Model),
    lens: text(exposure.LensModel),
    iso: numberWithin(exposure.ISO, 1, 10_000_000),
    f_number: numberWithin(exposure.FNumber, 0.1, 1000),
    exposure: numberWithin(exposure.ExposureTime, 1e-9, 86_400 * 7),
    focal_length: numberWithin(exposure.FocalLength, 0.1, 100_000),
  } satisfies Omit<StoredExif, 'has_gps' | 'gps'>
  if (gps !== null) return { ...visible, has_gps: true, gps }
  const isEmpty = Object.values(visible).every((value) => value === null)
  return isEmpty ? null : { ...visible, has_gps: false }
}

type Group = Readonly<Record<string, unknown>>

function groupOf(raw: unknown, name: string): Group {
  const group = isObject(raw) ? raw[name] : undefined
  return isObject(group) ? group : {}
}

const isObject = (value: unknown): value is Group => typeof value === 'object' && value !== null

/** Without control characters, as many cameras pad with NULs, and not endless. */
function text(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const clean = value
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
  return [...clean].slice(0, maxCharacters).join('').trim() || null
}

/** The first number, where there are several. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  const [first] = numbersOf(value)
  return first ?? Number.NaN
}

function numbersOf(value: unknown): readonly number[] {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
  return isList ? Array.from(value as ArrayLike<unknown>, (item) => (typeof item === 'number' ? item : Number.NaN)) : []
}

/** Zero for "unknown", 0/0 and the like are no numbers that a photo was taken with. */
function numberWithin(value: unknown, lowest: number, highest: number): number | null {
  const number = numberOf(value)
  return number >= lowest && number <= highest ? number : null
}

const exifTime = /^(\d{4})[:\-/.](\d\d)[:\-/.](\d\d)[ T](\d\d):(\d\d):(\d\d)/
const exifOffset = /^([+-])(\d\d):(\d\d)$/

/** `2021-04-10T11:44:00+01:00`, or without the offset if the camera gave none: no time zone is ever assumed. */
function localTime(time: unknown, offset: unknown): string | null {
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = exifTime.exec(text(time) ?? '') ?? []
  const isDate = Number(year) >= 1000 && Number(day) >= 1 && Number(day) <= daysIn(Number(year), Number(month))
  const isTime = Number(hour) <= 23 && Number(minute) <= 59 && Number(second) <= 59
  return isDate && isTime ? `${year}-${month}-${day}T${hour}:${minute}:${second}${zone(offset)}` : null
}

/** 0 for a month that does not exist. */
function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

function zone(offset: unknown): string {
  const written = text(offset) ?? ''
  if (written === 'Z') return 'Z'
  const [, , hours = '99', minutes = '99'] = exifOffset.exec(written) ?? []
  return Number(hours) <= 14 && Number(minutes) <= 59 ? written : ''
}

/**
 * Where the photo was taken; null unless both coordinates are real. An empty GPS block is no location, and neither is
 * exactly 0, 0: devices without a fix write it, and nobody photographs that spot of the Atlantic to the millimetre.
 */
function positionOf(gps: Group): GpsPosition | null {
  const latitude = degrees(gps.GPSLatitude, gps.GPSLatitudeRef, 'S', 90)
  const longitude = degrees(gps.GPSLongitude, gps.GPSLongitudeRef, 'W', 180)
  if (latitude === null || longitude === null) return null
  if (latitude === 0 && longitude === 0) return null
  return { latitude, longitude, altitude: altitudeOf(gps) }
}

function degrees(value: unknown, reference: unknown, negative: string, limit: number): number | null {
  // Minutes and seconds may be missing or 0/0; the degrees alone already tell a place.
  const [whole = Number.NaN, minutes = 0, seconds = 0] = numbersOf(value)
  const size = whole + (minutes || 0) / 60 + (seconds || 0) / 3600
  if (!(size >= -limit && size <= limit)) return null
  return text(reference)?.toUpperCase().startsWith(negative) ? -size : size
}

/** Metres above the sea. */
function altitudeOf(gps: Group): number | null {
  const height = numberOf(gps.GPSAltitude)
  if (!(height >= 0 && height < 100_000)) return null
  // 1 is below the sea, 3 below the ellipsoid.
  return height !== 0 && numberOf(gps.GPSAltitudeRef) % 2 === 1 ? -height : height
}
