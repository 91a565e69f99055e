import { readdir, stat } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { Refusal } from '../console/refusal.ts'

/** A file to send: `label` is what a person calls it. */
export interface SourceFile {
  readonly path: string
  readonly label: string
  readonly name: string
  readonly size: number
}

export interface FoundFiles {
  readonly files: readonly SourceFile[]
  /** Files of folders that do not look like pictures by their name. A file that was named itself is always sent. */
  readonly passedOver: number
}

/** Formats that are processed, and those that people take for pictures and should hear a reason about. */
const picture = /\.(jpe?g|jpe|mpo|png|webp|gif|avif|tiff?|hei[cf]|bmp|svg|jxl|jp2|dng|cr[23]|nef|arw|raf|orf|rw2)$/i

/** @throws Refusal naming a path that cannot be read. */
export async function findFiles(paths: readonly string[]): Promise<FoundFiles> {
  const files = new Map<string, SourceFile>()
  let passedOver = 0
  for (const path of paths) {
    const stats = await stat(path).catch(unreadable)
    if (!stats.isDirectory()) {
      files.set(path, { path, label: basename(path), name: basename(path), size: stats.size })
      continue
    }
    const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(unreadable)
    for (const entry of entries) {
      if (!entry.isFile() || entry.name.startsWith('.')) continue
      if (!picture.test(entry.name)) {
        passedOver++
        continue
      }
      const file = join(entry.parentPath, entry.name)
      files.set(file, {
        path: file,
        label: relative(path, file),
        name: entry.name,
        size: (await stat(file).catch(unreadable)).size,
      })
    }
  }
  return { files: [...files.values()].sort((a, b) => a.label.localeCompare(b.label)), passedOver }
}

function unreadable(error: NodeJS.ErrnoException): never {
  throw new Refusal(
    error.code === 'ENOENT' ? `There is no ${error.path}.` : `${error.path} cannot be read (${error.code}).`,
  )
}
