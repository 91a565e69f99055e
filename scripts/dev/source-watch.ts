import { watch } from 'chokidar'
import type { Running } from '../local/model.ts'

/** An editor writes more than one file, or one file more than once, in a moment. */
const momentMs = 20

/**
 * Tells of files that were changed, added or removed, a moment's together and one moment after the other: `react` has
 * ended before it is called again. Resolves when changes can no longer be missed.
 * @param react must not reject
 */
export async function watchSources(
  paths: readonly string[],
  react: (files: ReadonlySet<string>) => Promise<void>,
): Promise<Running> {
  const watcher = watch([...paths], {
    ignoreInitial: true,
    ignored: (path) => /[/\\](node_modules|testing)([/\\]|$)|\.test\.ts$/.test(path),
  })
  let changed = new Set<string>()
  let reacting: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  watcher.on('all', (event, file) => {
    if (event === 'addDir' || event === 'unlinkDir') return
    changed.add(file)
    clearTimeout(timer)
    timer = setTimeout(() => {
      reacting = reacting.then(() => {
        const files = changed
        changed = new Set()
        return files.size > 0 ? react(files) : undefined
      })
    }, momentMs)
  })
  await new Promise<void>((resolve) => watcher.once('ready', resolve))
  return {
    async stop() {
      clearTimeout(timer)
      await watcher.close()
      await reacting
    },
  }
}
