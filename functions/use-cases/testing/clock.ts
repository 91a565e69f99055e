import type { Ambient } from '../../core/ports.ts'

/** A clock that stands still until it is moved, and ids that grow. */
export function createClock(start = new Date('2026-11-23T08:00:00.000Z')) {
  let now = start.getTime()
  let ids = 0
  const ambient: Ambient = {
    now: () => new Date(now),
    newId: () => `01${String(ids++).padStart(24, '0')}`,
  }
  return { ...ambient, advance: (ms: number) => (now += ms) }
}
