import type { ChaosReport } from './run-chaos.ts'

export interface ChaosRun {
  readonly images: number
  readonly seed: number
  readonly photos: string | null
  readonly useQueue: boolean
}

/** What was injected, what came of it, and how to have it again. */
export function reportText(report: ChaosReport, run: ChaosRun): string {
  const { watcher, findings } = report
  return [
    section(
      `Faults injected: ${sum(report.injected)}, and ${report.kills} times the whole cloud killed`,
      report.injected,
    ),
    section('What clients were told', {
      ...report.outcomes,
      'not cropped: a worker had it all the time': report.gaveUpCropping,
    }),
    section('What brought it to rest', { ...report.recovery }),
    section('Had failed before any was tried again by hand', report.failedAtFirst),
    section('What became of the images', report.images),
    section('A client that was cut off', { ...watcher }),
    section('Seconds', report.steps),
    section('Left over', { 'files that the reconciler took away': report.orphansBeforeReconciliation }),
    findings.length === 0
      ? `Nothing was lost, nothing is stuck. Seed ${run.seed}, ${run.images} images, ${report.seconds} s.\n`
      : `${findings.length} findings:\n${findings.map((finding) => `  - ${finding}\n`).join('')}\nAgain: ${replayOf(run)}\n`,
  ].join('\n')
}

/** The command that has the same go wrong again. */
function replayOf({ images, seed, photos, useQueue }: ChaosRun): string {
  const options = [...(photos === null ? [] : [`--photos ${photos}`]), ...(useQueue ? [] : ['--no-queue'])]
  return ['npm run chaos --', `--images ${images}`, `--seed ${seed}`, ...options].join(' ')
}

/** One line a seed, and what they come to, as Markdown: it reads as well in a terminal as in a document. */
export function tableOfSeeds(reports: ReadonlyMap<number, ChaosReport>): string {
  const rows = [...reports].map(([seed, report]) => ({
    Seed: seed,
    Faults: sum(report.injected),
    Kills: report.kills,
    Complete: report.images.complete ?? 0,
    Failed: sum(report.images) - (report.images.complete ?? 0),
    'Failed at first': sum(report.failedAtFirst),
    'Dead letters': report.recovery['dead letters'],
    'Not cropped': report.gaveUpCropping,
    Sweeps: report.recovery.sweeps,
    Reconciliations: report.recovery.reconciliations,
    Redrives: report.recovery.redrives,
    Connections: report.watcher.connections,
    Events: report.watcher.events,
    Listings: report.watcher.listings,
    Findings: report.findings.length,
    Seconds: report.seconds,
  }))
  const head = Object.keys(rows[0] ?? {})
  const line = (cells: readonly (number | string)[]) => `| ${cells.join(' | ')} |\n`
  const table = [line(head), line(head.map(() => '--:')), ...rows.map((row) => line(Object.values(row)))].join('')
  const together = (of: (report: ChaosReport) => Readonly<Record<string, number>>, kindOf = (name: string) => name) =>
    Object.entries(totals([...reports.values()].map(of), kindOf))
      .map(([kind, count]) => `${count} ${kind}`)
      .join(', ')
  return `${table}
Faults: ${together(({ injected }) => injected, whereOf)}
Errands: ${together(({ outcomes }) => outcomes)}
Left over: ${together(({ orphansBeforeReconciliation: files }) => ({ 'files that no record named': files }))}
`
}

/** `call/error-after` happens to calls, `worker/crash/after-save` to workers. */
const whereOf = (kind: string): string =>
  kind
    .split('/')
    .slice(0, kind.startsWith('worker/') ? 2 : 1)
    .join(' ')

function totals(
  all: readonly Readonly<Record<string, number>>[],
  kindOf: (name: string) => string,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const [name, count] of all.flatMap(Object.entries<number>)) {
    counts[kindOf(name)] = (counts[kindOf(name)] ?? 0) + count
  }
  return counts
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
