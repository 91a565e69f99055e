import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makePicture } from '../../tests/support/pictures.ts'
import type { RandomSequence } from '../local/faults/random.ts'
import { between, oneOf } from './choices.ts'

/** Something that a client sends. */
export interface Photo {
  readonly name: string
  readonly bytes: Buffer
  /** SHA-256 of the bytes: the id of its image. */
  readonly id: string
  /**
   * `good` must become complete. `hostile` must be refused, or fail. Of files from a folder nothing is known but that they
   * must not stay in between.
   */
  readonly kind: 'good' | 'hostile' | 'unknown'
}

const hostileShare = 0.1

/** Small pictures in several formats, each of its own; one in ten is cut off, or is no picture at all. */
export async function makePhotos(count: number, random: RandomSequence): Promise<readonly Photo[]> {
  const photos: Photo[] = []
  for (let index = 0; index < count; index++) {
    const format = oneOf(random, ['jpeg', 'jpeg', 'png', 'webp'] as const)
    const seed = between(random, 0, 2 ** 31 - 1)
    const picture = await makePicture({
      width: between(random, 80, 640),
      height: between(random, 80, 480),
      format,
      orientation: between(random, 1, 8),
      seed,
    })
    const isHostile = random() < hostileShare
    const bytes = isHostile ? spoil(picture, seed, random) : picture
    photos.push(photo(`photo-${index}.${format}`, bytes, isHostile ? 'hostile' : 'good'))
  }
  return photos
}

/** The files of a folder, in the order of their names, again from the first on when there are too few. */
export async function readPhotos(folder: string, count: number): Promise<readonly Photo[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  if (files.length === 0) throw new Error(`Expected photos in ${folder}, found none.`)
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const file = files[index % files.length] as string
      return photo(file.slice(folder.length + 1), await readFile(file), 'unknown')
    }),
  )
}

function photo(name: string, bytes: Buffer, kind: Photo['kind']): Photo {
  return { name, bytes, id: createHash('sha256').update(bytes).digest('hex'), kind }
}

function spoil(picture: Buffer, seed: number, random: RandomSequence): Buffer {
  if (random() < 0.4) return Buffer.from(`This is no picture, but text number ${seed}.\n`.repeat(20))
  return picture.subarray(0, Math.floor(picture.length * (0.3 + random() * 0.6)))
}
