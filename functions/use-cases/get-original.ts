import type { Images, Originals } from '../core/ports.ts'
import { existingImage } from './existing-image.ts'

/** A short-lived URL of the original. @throws RequestError `not_found` */
export async function getOriginal(ports: { images: Images; originals: Originals }, id: string): Promise<string> {
  return ports.originals.signGet(await existingImage(ports.images, id))
}
