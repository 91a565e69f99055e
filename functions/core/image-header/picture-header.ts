/** Width and height in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** What one format's parser reads from a file. */
export interface PictureHeader extends Size {
  /** What is left to do to the stored picture so that it stands upright: EXIF orientation, 1 to 8. */
  readonly orientation: number
  /** Of the upright picture, where the format says more about it than the orientation does. */
  readonly upright?: Size
  /** The EXIF tags that are of use, as a TIFF structure of a few kilobytes. */
  readonly exifBlock: Uint8Array | null
}
