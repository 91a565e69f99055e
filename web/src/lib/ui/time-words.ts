/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`: as exact as it matters. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return pair(whole, 60, 'min', 1, 's')
  if (whole < 86_400) return pair(whole, 3_600, 'h', 60, 'min')
  return pair(whole, 86_400, 'd', 3_600, 'h')
}

function pair(seconds: number, unit: number, name: string, smaller: number, smallerName: string): string {
  const rest = Math.floor((seconds % unit) / smaller)
  return `${Math.floor(seconds / unit)} ${name}${rest === 0 ? '' : ` ${rest} ${smallerName}`}`
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
