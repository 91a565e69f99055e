import { stripVTControlCharacters, styleText } from 'node:util'
import { getBorderCharacters, table } from 'table'
import type { Outcome } from './upload-files.ts'

const colors = {
  complete: 'green',
  duplicate: 'cyan',
  failed: 'red',
  refused: 'red',
  unfinished: 'yellow',
  error: 'red',
} as const

const milliseconds = (value: number | null): string => (value === null ? '' : String(Math.round(value)))

/** Variants under their short stable URLs, which redirect to the immutable ones: these a person can type. */
function variantUrls(outcome: Outcome, site: string): string[] {
  const names = Object.keys(outcome.image?.renditions ?? {}).filter((name) => /^\d+x\d+\.jpg$/.test(name))
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return names.map((name) => `${site}/media/${outcome.image?.id}/${name.replace(/\.jpg$/, '')}`)
}

/** One row a file: file, status, reason, milliseconds to thumbnails and to complete; below, the URLs of its variants. */
export function outcomeTable(outcomes: readonly Outcome[], site: string): string {
  const head = ['File', 'Status', 'Reason', 'ms to thumbnails', 'ms to complete'].map((text) => styleText('bold', text))
  const rows: string[][] = [head]
  const spans: { row: number; col: number; colSpan: number }[] = []
  for (const outcome of outcomes) {
    rows.push([
      // A name may hold anything, and a terminal obeys.
      stripVTControlCharacters(outcome.file.label).replace(/\p{Cc}/gu, '�'),
      styleText(colors[outcome.status], outcome.status),
      outcome.reason === null ? '' : `${outcome.code === null ? '' : `${outcome.code}: `}${outcome.reason}`,
      milliseconds(outcome.msToThumbnails),
      milliseconds(outcome.msToComplete),
    ])
    const urls = variantUrls(outcome, site)
    if (urls.length > 0) {
      spans.push({ row: rows.length, col: 0, colSpan: 5 })
      rows.push([urls.map((url) => styleText('dim', url)).join('\n'), '', '', '', ''])
    }
  }
  return table(rows, {
    border: getBorderCharacters('norc'),
    columns: {
      0: { width: 44, wrapWord: false },
      2: { width: 48, wrapWord: true },
      3: { alignment: 'right' },
      4: { alignment: 'right' },
    },
    spanningCells: spans,
    drawHorizontalLine: (line, count) => line <= 1 || line === count,
  })
}
