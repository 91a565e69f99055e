import type { ImageRecord } from '../core/image-record.ts'
import { isVariantName } from '../core/rendition-plan.ts'

/** Value of the attribute `listing`: the partition of the indexes that hold every image. */
export const everyImage = 'image'

/**
 * The record with what its indexes are made of. A tombstone is in no listing: only under a status of its own, where a
 * deletion that broke off is found.
 */
export function toItem(record: ImageRecord): Record<string, unknown> {
  if (record.deleted_at !== null) return { ...record, listing_status: 'deleting' }
  return {
    ...record,
    listing: everyImage,
    listing_status: record.processing_status,
    sort_name: comparable(record.original_filename) || record.id,
    search_text: searchText(record),
    variant_names: Object.keys(record.renditions).filter(isVariantName),
  }
}

/** Items are trusted as they are: nothing but this adapter writes to the table. */
export function toRecord(item: Record<string, unknown>): ImageRecord {
  const { listing: _1, listing_status: _2, sort_name: _3, search_text: _4, variant_names: _5, ...record } = item
  return record as unknown as ImageRecord
}

function searchText({ original_filename, title, exif }: ImageRecord): string {
  const parts = [original_filename, title, exif?.camera_make, exif?.camera_model]
  return comparable(parts.filter((part) => part).join('\n'))
}

/** The words of a search, each once: where an image has all of them, in whatever order, it is found. */
export const wordsOf = (text: string): readonly string[] => [...new Set(comparable(text).split(/\s+/))].filter(Boolean)

/** Some systems write `ö` as two characters; looked for and sorted, they are one. */
export const comparable = (text: string): string => text.normalize('NFC').toLowerCase()
