/**
 * Before an image is tried again. There are two such waits until the breaker opens, 15 s and 30 s at least: so an outage
 * of storage that lasts half a minute fails no image.
 */
export const imageRetryBaseMs = 30_000

/** Before a message is delivered again that could not be worked at all. It has many deliveries. */
export const deliveryRetryBaseMs = 5_000

const capMs = 5 * 60_000

/**
 * How long to wait before trying again: exponential, one half for certain, and one half by chance, so that what failed
 * together does not come back together.
 * @param failures in a row, from 1
 * @param random in [0, 1)
 * @param baseMs the longest first wait
 */
export function retryDelayMs(failures: number, random: number, baseMs: number): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** (failures - 1))
  return Math.round((ceiling * (1 + random)) / 2)
}
