import type { Image } from '@glowworm/events/image'
import { presentImage } from '../core/image-record.ts'
import type { Images } from '../core/ports.ts'

/** Which of these photos are known, by SHA-256. One that is being deleted is not. */
export async function checkDuplicates(
  images: Images,
  hashes: readonly string[],
): Promise<Record<string, { exists: boolean; image: Image | null }>> {
  const records = await images.getMany([...new Set(hashes)])
  return Object.fromEntries(
    hashes.map((hash) => {
      const record = records.get(hash)
      const image = record === undefined || record.deleted_at !== null ? null : presentImage(record)
      return [hash, { exists: image !== null, image }]
    }),
  )
}
