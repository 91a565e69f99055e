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
    ['Original', `${image.width} × ${image.height}, ${bytes(image.file_size)}, ${image.mime_type}`],
    ...(image.exif === null ? [] : exifFacts(image.exif)),
    ['Uploaded', new Date(image.uploaded_at).toLocaleString()],
  ]
}

function exifFacts(exif: Exif): readonly Fact[] {
  const { camera_make: make, camera_model: model } = exif
  // Many cameras name their maker in the model as well.
  const camera = make !== null && model?.toLowerCase().startsWith(make.toLowerCase()) ? [model] : [make, model]
  const settings = [
    exif.exposure === null ? null : exposureWords(exif.exposure),
    exif.f_number === null ? null : `f/${number(exif.f_number)}`,
    exif.focal_length === null ? null : `${number(exif.focal_length)} mm`,
    exif.iso === null ? null : `ISO ${exif.iso}`,
  ]
  const facts: readonly Fact[] = [
    ['Taken', exif.captured_at === null ? '' : takenWords(exif.captured_at)],
    ['Camera', camera.filter((part) => part).join(' ')],
    ['Lens', exif.lens ?? ''],
    ['Exposure', settings.filter((part) => part !== null).join(' · ')],
  ]
  return facts.filter(([, value]) => value !== '')
}

/** The camera's own clock: without an offset there is no telling which zone it meant, so none is applied. */
function takenWords(captured: string): string {
  const local = new Date(captured.replace(/(Z|[+-]\d\d:\d\d)$/, ''))
  return Number.isNaN(local.getTime()) ? captured : local.toLocaleString()
}
