import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Of a local cloud: the environments of functions and what looks after them. */
export async function descendantsOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid='])
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
  const family = [pid]
  for (const member of family) {
    for (const [child = 0, parent] of pairs) if (parent === member) family.push(child)
  }
  return family.slice(1)
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
