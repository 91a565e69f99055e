import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { Refusal } from '../console/refusal.ts'
import type { Ending } from './endings.ts'

const ending = z.object({ expected: z.enum(['accept', 'refuse', 'fail']), code: z.string().optional() })
const manifest = z.array(ending.extend({ path: z.string(), alsoAllowed: z.array(ending).default([]) }))

interface Expectation extends Pick<Ending, 'expected'> {
  readonly code?: string | undefined
  readonly alsoAllowed?: readonly Omit<Expectation, 'alsoAllowed'>[] | undefined
}

/** The ways in which a photo may end. */
export function allowedEndings(photo: Expectation): readonly Ending[] {
  return [photo, ...(photo.alsoAllowed ?? [])].map(({ expected, code }) => ({ expected, code: code ?? null }))
}

/** How each file may end, by its path within the folder. @throws Refusal for a file that is no manifest */
export async function readManifest(path: string): Promise<ReadonlyMap<string, readonly Ending[]>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Refusal(`${path} cannot be read (${error.code}).`)
  })
  try {
    return new Map(manifest.parse(JSON.parse(text)).map((photo) => [photo.path, allowedEndings(photo)]))
  } catch (cause) {
    const message = `Expected ${path} to be a list of {path, expected, code?, alsoAllowed?}; see docs/hostile-input.md.`
    throw new Refusal(message, { cause })
  }
}
