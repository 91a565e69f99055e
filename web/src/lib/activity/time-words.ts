/** `0.3 s`, `2.5 s`, `45 s`, `2 min`: as exact as it matters. */
export function duration(ms: number): string {
  const seconds = ms / 1_000
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`
  if (seconds < 119.5) return `${Math.round(seconds)} s`
  const minutes = seconds / 60
  return minutes < 9.95 ? `${Number(minutes.toFixed(1))} min` : `${Math.round(minutes)} min`
}

/** `just now`, `3 minutes ago`, `2 days ago`. A clock that is a little ahead makes nothing come from the future. */
export function ago(then: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - then.getTime()) / 1_000))
  if (seconds < 45) return 'just now'
  const [count, unit] = inWholeUnits(seconds)
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`
}

/** `12 seconds`, `1 minute`, `3 hours`: how long something has lasted. */
export function lasting(since: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - since.getTime()) / 1_000))
  const [count, unit] = seconds < 45 ? ([seconds, 'second'] as const) : inWholeUnits(seconds)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

function inWholeUnits(seconds: number): readonly [count: number, unit: string] {
  const minutes = Math.max(1, Math.round(seconds / 60))
  if (minutes < 60) return [minutes, 'minute']
  const hours = Math.round(minutes / 60)
  return hours < 36 ? [hours, 'hour'] : [Math.round(hours / 24), 'day']
}

const hourAndMinute = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })
const toTheSecond = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })

/** By the clock on the wall of whoever looks. */
export const clockTime = (time: Date): string => hourAndMinute.format(time)
export const exactTime = (time: Date): string => toTheSecond.format(time)
