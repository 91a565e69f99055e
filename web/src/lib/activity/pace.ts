const quickMs = 5_000
const idleMs = 30_000

export interface Circumstances {
  /** Whether anybody can see the page. */
  readonly visible: boolean
  /** Whether the server is believed to answer. */
  readonly reachable: boolean
  /** Whether anything is waiting or being worked on. */
  readonly busy: boolean
}

/** How long to wait between two looks at the statistics, in milliseconds; null for not looking at all. */
export function pauseFor({ visible, reachable, busy }: Circumstances): number | null {
  if (!visible || !reachable) return null
  return busy ? quickMs : idleMs
}
