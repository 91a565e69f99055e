interface Named {
  readonly name: string
  /** As the browser tells it by the name; empty if it does not know. */
  readonly type: string
}

export interface SortedFiles<File> {
  readonly photos: readonly File[]
  /** What can be no photo, by its name. */
  readonly others: readonly File[]
}

/** What systems leave in folders that is nobody's photo, and nobody's loss. */
const isClutter = (name: string): boolean => name.startsWith('.') || /^(thumbs\.db|desktop\.ini)$/i.test(name)

/** Also of formats that the server refuses: it says why. Browsers do not know the type of every one of them. */
const photoEnding = /\.(jpe?g|jfif|png|webp|gif|avif|tiff?|heic|heif|bmp|jxl|jp2|dng|cr2|cr3|nef|arw|orf|raf|rw2)$/i

/** Parts the photos from what only lay beside them. Clutter is in neither. */
export function sortFiles<File extends Named>(files: Iterable<File>): SortedFiles<File> {
  const wanted = [...files].filter(({ name }) => !isClutter(name))
  const isPhoto = ({ name, type }: File) => type.startsWith('image/') || photoEnding.test(name)
  return { photos: wanted.filter(isPhoto), others: wanted.filter((file) => !isPhoto(file)) }
}
