import type { Exif, Image } from '@glowworm/events/image'
import { bytes } from '#lib/ui/words.ts'

export type Fact = readonly [name: string, value: string]

/** `1/250 s`, `2.5 s`: as cameras write it. */
export function exposureWords(seconds: number): string {
  // Up to about a third of a second cameras count in fractions.
  if (seconds > 0 && seconds < 0.35) return `1/${Math.round(1 / seconds)} s`
  return `${Number(seconds.toFixed(1))} s`
}

const number = (value: number): string => String(Number(value.toFixed(1)))

/** What is known of the photo, in the words of photographers; what is not known is left out. */
export function factsOf(image: Image): readonly Fact[] {
  return [
    ['File', image.original_filename],
    ['Original', originalWords(image)],
    ...(image.exif === null ? [] : exifFacts(image.exif)),
    ['Uploaded', timeWords(new Date(image.uploaded_at))],
  ]
}

/** `JPEG · 4000 × 3000 · 12.0 megapixels · 3.4 MB` */
function originalWords({ mime_type: type, width, height, file_size: size }: Image): string {
  const megapixels = (width * height) / 1_000_000
  return [
    type.replace(/^image\//, '').toUpperCase(),
    `${width} × ${height}`,
    ...(megapixels < 0.1 ? [] : [`${megapixels.toFixed(1)} megapixels`]),
    bytes(size),
  ].join(' · ')
}

/** Maker and model; empty if the photo does not tell. */
export function cameraWords({ camera_make: make, camera_model: model }: Exif): string {
  // Many cameras name their maker in the model as well, mostly by the first word: NIKON CORPORATION, NIKON D3100.
  const [maker] = make?.toLowerCase().split(' ') ?? []
  const camera = maker && model?.toLowerCase().startsWith(maker) ? [model] : [make, model]
  return camera.filter((part) => part).join(' ')
}

function exifFacts(exif: Exif): readonly Fact[] {
  const settings = [
    exif.exposure === null ? null : exposureWords(exif.exposure),
    exif.f_number === null ? null : `f/${number(exif.f_number)}`,
    exif.focal_length === null ? null : `${number(exif.focal_length)} mm`,
    exif.iso === null ? null : `ISO ${exif.iso}`,
  ]
  const facts: readonly Fact[] = [
    ['Taken', exif.captured_at === null ? '' : takenWords(exif.captured_at)],
    ['Camera', cameraWords(exif)],
    ['Lens', exif.lens ?? ''],
    ['Exposure', settings.filter((part) => part !== null).join(' · ')],
  ]
  return facts.filter(([, value]) => value !== '')
}

/** The camera's own clock: without an offset there is no telling which zone it meant, so none is applied. */
export function takenWords(captured: string, words = timeWords): string {
  const local = new Date(captured.replace(/(Z|[+-]\d\d:\d\d)$/, ''))
  return Number.isNaN(local.getTime()) ? captured : words(local)
}

const timeWords = (time: Date): string => time.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' })
