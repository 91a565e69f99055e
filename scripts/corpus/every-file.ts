import { readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { Refusal } from '../console/refusal.ts'
import type { SourceFile } from '../upload/find-files.ts'

/** Every file of a folder, whatever it is called, but for hidden ones and those of `except`. */
export async function everyFile(folder: string, except: readonly string[]): Promise<readonly SourceFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Refusal(`${folder} cannot be read (${error.code}).`)
    },
  )
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => ({ path: join(entry.parentPath, entry.name), name: entry.name }))
    .filter(({ path }) => !except.includes(path))
  const files = await Promise.all(
    paths.map(async ({ path, name }) => ({
      path,
      name,
      label: relative(folder, path).split(sep).join('/'),
      size: (await stat(path)).size,
    })),
  )
  return files.toSorted((a, b) => a.label.localeCompare(b.label, 'en'))
}
