/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationWords(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
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
