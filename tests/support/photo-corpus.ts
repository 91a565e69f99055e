import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The real and hostile photos that stand beside the project; GLOWWORM_PHOTOS names another place. */
export const corpusFolder = process.env.GLOWWORM_PHOTOS ?? join(import.meta.dirname, '../../../shared/photos')

/** Why the tests that need the corpus are skipped, or null where it is there. */
export const corpusMissing = existsSync(join(corpusFolder, 'manifest.json'))
  ? null
  : `no photo corpus at ${corpusFolder} (set GLOWWORM_PHOTOS)`

export interface CorpusPhoto {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  readonly format: string
  readonly declaredType: string
  readonly uprightWidth: number | null
  readonly uprightHeight: number | null
  readonly orientation: number | null
  readonly hasGps: boolean
  readonly expected: 'accept' | 'refuse' | 'fail'
  readonly code?: string
  readonly visibleAt?: 'header' | 'pixels'
  readonly alsoAllowed?: readonly { readonly expected: 'accept' | 'refuse' | 'fail'; readonly code?: string }[]
  readonly duplicateOf?: string
}

export async function readCorpus(): Promise<readonly CorpusPhoto[]> {
  return JSON.parse(await readFile(join(corpusFolder, 'manifest.json'), 'utf8'))
}

export const readPhoto = (photo: CorpusPhoto): Promise<Buffer> => readFile(join(corpusFolder, photo.path))
