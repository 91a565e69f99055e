import type { ChaosReport } from './run-chaos.ts'

export interface ChaosRun {
  readonly images: number
  readonly seed: number
  readonly photos: string | null
}

/** What was injected, what came of it, and how to have it again. */
export function reportText(report: ChaosReport, run: ChaosRun): string {
  const { watcher, findings } = report
  return [
    section(
      `Faults injected: ${sum(report.injected)}, and ${report.kills} times the whole cloud killed`,
      report.injected,
    ),
    section('What clients were told', report.outcomes),
    section('What became of the images', report.images),
    section('A client that was cut off', { ...watcher }),
    section('Seconds', report.steps),
    section('Dead letters, each explained', report.deadLetters),
    section('Left over', { 'files that the reconciler took away': report.orphansBeforeReconciliation }),
    findings.length === 0
      ? `Nothing was lost, nothing is stuck. Seed ${run.seed}, ${run.images} images, ${report.seconds} s.\n`
      : `${findings.length} findings:\n${findings.map((finding) => `  - ${finding}\n`).join('')}\nAgain: ${replayOf(run)}\n`,
  ].join('\n')
}

/** The command that has the same go wrong again. */
function replayOf({ images, seed, photos }: ChaosRun): string {
  return `npm run chaos -- --images ${images} --seed ${seed}${photos === null ? '' : ` --photos ${photos}`}`
}

/** One line a seed, as Markdown: it reads as well in a terminal as in a document. */
export function tableOfSeeds(reports: ReadonlyMap<number, ChaosReport>): string {
  const head = [
    'Seed',
    'Faults',
    'Kills',
    'Complete',
    'Failed',
    'Connections',
    'Events',
    'Listings',
    'Findings',
    'Seconds',
  ]
  const rows = [...reports].map(([seed, { injected, kills, images, watcher, findings, seconds }]) => {
    const complete = images.complete ?? 0
    const { connections, events, listings } = watcher
    const failed = sum(images) - complete
    return [seed, sum(injected), kills, complete, failed, connections, events, listings, findings.length, seconds]
  })
  const line = (cells: readonly (number | string)[]) => `| ${cells.join(' | ')} |\n`
  return [line(head), line(head.map(() => '--:')), ...rows.map(line)].join('')
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}

function section(title: string, counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts)
  if (rows.length === 0) return `${title}: none\n`
  const width = Math.max(...rows.map(([name]) => name.length))
  return `${title}\n${rows.map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(6)}\n`).join('')}`
}
