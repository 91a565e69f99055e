import pidusage from 'pidusage'
import type { EnvironmentProcess } from './environment-process.ts'

const intervalMs = 100

/**
 * Kills an environment whose resident memory exceeds what its function has been given. There is no allowance: a bare
 * environment is about 50 MB, less than on AWS, and Lambda counts its runtime too.
 */
export class MemoryWatch {
  readonly #environments = new Set<EnvironmentProcess>()
  #timer: NodeJS.Timeout | null = null

  add(environment: EnvironmentProcess): void {
    this.#environments.add(environment)
    this.#timer ??= setTimeout(() => void this.#look(), intervalMs)
  }

  remove(environment: EnvironmentProcess): void {
    this.#environments.delete(environment)
  }

  async #look(): Promise<void> {
    const watched = [...this.#environments].filter(({ pid }) => pid !== undefined)
    const usage = await residentBytes(watched.map(({ pid }) => pid as number))
    for (const environment of watched) {
      const bytes = usage.get(environment.pid as number)
      if (bytes === undefined || !this.#environments.has(environment)) continue
      environment.peakResidentBytes = Math.max(environment.peakResidentBytes, bytes)
      if (bytes > environment.model.memoryMb * 1024 * 1024) environment.kill('memory')
    }
    this.#timer = this.#environments.size === 0 ? null : setTimeout(() => void this.#look(), intervalMs)
  }
}

/** Of those processes that are still there. */
async function residentBytes(pids: number[]): Promise<Map<number, number>> {
  if (pids.length === 0) return new Map()
  // Rejects when none of them is left.
  const statistics = await pidusage(pids, { maxage: 10 * intervalMs }).catch(() => ({}))
  return new Map(Object.entries(statistics).flatMap(([pid, one]) => (one ? [[Number(pid), one.memory]] : [])))
}
