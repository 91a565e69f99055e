import { rmSync } from 'node:fs'
import { signalGroup } from './process-group.ts'

/**
 * A small process that outlives the compute by a moment. An execution environment exits by itself when its channel to
 * the compute closes, but not while its function is in an endless loop; so once the compute is gone, even by
 * `kill -9`, this kills what is left and removes the folder of the compute's run-time files.
 */
const [folder = ''] = process.argv.slice(2)
const pids = new Set<number>()

/** A pid to keep an eye on; negative to forget it. */
process.on('message', (pid: number) => {
  if (pid > 0) pids.add(pid)
  else pids.delete(-pid)
})
process.on('disconnect', () => {
  for (const pid of pids) signalGroup(pid, 'SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})
