import { readFile } from 'node:fs/promises'
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
async function residentBytes(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (pids.length === 0) return new Map()
  const all = process.platform === 'linux' ? await readStatus(pids) : await askSystem(pids)
  return new Map(all.filter((one) => one !== null))
}

type Resident = readonly [pid: number, bytes: number]

/**
 * On Linux pidusage keeps the files of processes open, and after a slow look closes descriptors that have become somebody
 * else's meanwhile: pipes stay open for ever, and Node aborts.
 */
function readStatus(pids: readonly number[]): Promise<(Resident | null)[]> {
  return Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
      const [, kilobytes] = /^VmRSS:\s*(\d+) kB$/m.exec(status) ?? []
      return kilobytes === undefined ? null : ([pid, Number(kilobytes) * 1024] as const)
    }),
  )
}

async function askSystem(pids: readonly number[]): Promise<(Resident | null)[]> {
  // Rejects when none of them is left.
  const statistics = await pidusage([...pids], { maxage: 10 * intervalMs }).catch(() => ({}))
  return Object.entries(statistics).map(([pid, one]) => (one ? ([Number(pid), one.memory] as const) : null))
}
