import type { Image } from '@glowworm/events/image'
import { presentImage } from '../core/image-record.ts'
import type { Images } from '../core/ports.ts'
import { existingImage } from './existing-image.ts'

/** @throws RequestError `not_found` */
export async function getImage(images: Images, id: string): Promise<Image> {
  return presentImage(await existingImage(images, id))
}
