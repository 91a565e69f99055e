import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'

/** One build of this clone at a time: all of them write to the same folders. */
export const buildLock = join(import.meta.dirname, '..', '..', 'build', 'lock')

/** Between two looks whether the other build has ended, in milliseconds. */
const pace = 100
/** The primary result code of SQLite for a lock that somebody else has. */
const busy = 5

/**
 * Runs `work` while no other process of this machine runs any under the same lock.
 * @param file of the lock; it stays, and nothing is in it
 * @param onWait called once if another process has it
 */
export async function withBuildLock<Result>(
  file: string,
  work: () => Promise<Result>,
  onWait: () => void = () => {},
): Promise<Result> {
  mkdirSync(dirname(file), { recursive: true })
  // The system gives a database's lock back however its holder ends.
  const lock = new DatabaseSync(file, { timeout: 0 })
  try {
    if (!take(lock)) {
      onWait()
      while (!take(lock)) await wait(pace)
    }
    return await work()
  } finally {
    lock.close()
  }
}

function take(lock: DatabaseSync): boolean {
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && Number(error.errcode) % 256 === busy) return false
    throw error
  }
}
