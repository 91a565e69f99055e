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

const columns = { status: 10, toThumbnails: 13, toComplete: 11 }
/** What the borders of four columns take. */
const borders = 13

const seconds = (ms: number | null): string => (ms === null ? '' : `${(ms / 1000).toFixed(1)} s`)

/**
 * One row a file: status, time to thumbnails, time to complete, and below it the reason where there is one. Then, for
 * each photo, the URLs of its variants, whole, so that they can be copied.
 * @param terminalWidth in characters; undefined where there is no terminal
 */
export function report(outcomes: readonly Outcome[], site: string, terminalWidth: number | undefined): string {
  const width = Math.min(100, Math.max(80, terminalWidth ?? 100))
  const urls = outcomes.flatMap((outcome) => {
    const own = variantUrls(outcome, site)
    return own.length === 0 ? [] : [nameOf(outcome), ...own.map((url) => styleText('dim', url))]
  })
  return [outcomeTable(outcomes, width), ...urls].join('\n')
}

function outcomeTable(outcomes: readonly Outcome[], width: number): string {
  const head = ['File', 'Status', 'Thumbnails in', 'Complete in'].map((text) => styleText('bold', text))
  const rows: string[][] = [head]
  const spans: { row: number; col: number; colSpan: number }[] = []
  for (const outcome of outcomes) {
    rows.push([
      nameOf(outcome),
      styleText(colors[outcome.status], outcome.status),
      seconds(outcome.msToThumbnails),
      seconds(outcome.msToComplete),
    ])
    if (outcome.reason === null) continue
    spans.push({ row: rows.length, col: 0, colSpan: 4 })
    rows.push([`  ${outcome.code === null ? '' : `${outcome.code}: `}${outcome.reason}`, '', '', ''])
  }
  return table(rows, {
    border: getBorderCharacters('norc'),
    columns: {
      0: { width: width - borders - columns.status - columns.toThumbnails - columns.toComplete, wrapWord: true },
      1: { width: columns.status },
      2: { width: columns.toThumbnails, alignment: 'right' },
      3: { width: columns.toComplete, alignment: 'right' },
    },
    spanningCells: spans.map((span) => ({ ...span, wrapWord: true })),
    drawHorizontalLine: (line, count) => line <= 1 || line === count,
  }).trimEnd()
}

/** A name may hold anything, and a terminal obeys. */
function nameOf({ file }: Outcome): string {
  return stripVTControlCharacters(file.label).replace(/\p{Cc}/gu, '�')
}

/** Under their short stable URLs, which redirect to the immutable ones: these a person can type. */
function variantUrls({ image }: Outcome, site: string): string[] {
  const names = Object.keys(image?.renditions ?? {}).filter((name) => /^\d+x\d+\.jpg$/.test(name))
  names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return names.map((name) => `${site}/media/${image?.id}/${name.replace(/\.jpg$/, '')}`)
}
