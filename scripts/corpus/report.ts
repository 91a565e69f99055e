import { stripVTControlCharacters } from 'node:util'
import type { Outcome } from '../upload/upload-files.ts'
import { type Ending, endingOf, type Trouble, troubleOf } from './endings.ts'

/** A file, what became of it, and what should have. */
export interface Case {
  readonly outcome: Outcome
  /** In milliseconds; null if nothing was done for this file. */
  readonly ms: number | null
  /** Null where nobody has said. */
  readonly allowed: readonly Ending[] | null
}

export function isAsExpected({ outcome, allowed }: Case): boolean {
  const ending = endingOf(outcome)
  if (allowed === null) return true
  return allowed.some(({ expected, code }) => expected === ending?.expected && code === ending.code)
}

const verbs = { accept: 'complete', refuse: 'refused', fail: 'failed' } as const

const words = (ending: Ending): string => verbs[ending.expected] + (ending.code === null ? '' : ` ${ending.code}`)

/** A name may hold anything, and a terminal obeys. */
const printable = (text: string): string => stripVTControlCharacters(text).replace(/[\p{Cc}|]/gu, '�')

/** One line a file, as Markdown: it reads as well in a terminal as in a document. */
export function table(cases: readonly Case[]): string {
  const rows = cases.map((each) => {
    const { file, status, code } = each.outcome
    const outcome = [status, code, troubleOf(each.outcome)].filter((word) => word !== null).join(' ')
    const verdict = isAsExpected(each) ? '' : `expected ${each.allowed?.map(words).join(' or ')}`
    return [printable(file.label), outcome, each.ms === null ? '' : String(Math.round(each.ms)), verdict]
  })
  const head = ['File', 'Outcome', 'ms', '']
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 2 ? cell.padStart(widths[2] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 2 ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** `77 files: 40 complete, …. 0 crashed, 0 stuck, 0 silent.` */
export function summary(cases: readonly Case[]): string {
  const statuses = Map.groupBy(cases, ({ outcome }) => outcome.status)
  const counts = [...statuses].map(([status, of]) => `${of.length} ${status}`).join(', ')
  const troubles = (['crashed', 'stuck', 'silent'] as const).map((kind) => `${troublesOf(cases, kind)} ${kind}`)
  const judged = cases.filter(({ allowed }) => allowed !== null)
  const expected = `${judged.filter(isAsExpected).length} of ${judged.length} as expected`
  return `${cases.length} files: ${counts}. ${troubles.join(', ')}.${judged.length > 0 ? ` ${expected}.` : ''}`
}

const troublesOf = (cases: readonly Case[], kind: Trouble): number =>
  cases.filter(({ outcome }) => troubleOf(outcome) === kind).length
