const baseMs = 5_000
const capMs = 5 * 60_000

/**
 * How long to wait before trying again: exponential with full jitter, so that what failed together does not come
 * back together. At least a second.
 * @param failures in a row, from 1
 * @param random in [0, 1)
 */
export function retryDelayMs(failures: number, random: number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** (failures - 1))
  return Math.max(1_000, Math.round(random * ceiling))
}
