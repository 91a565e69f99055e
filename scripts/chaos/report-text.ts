import type { ChaosReport } from './run-chaos.ts'

interface Run {
  readonly images: number
  readonly seed: number
  readonly photos: string | null
}

/** What was injected, what came of it, and how to have it again. */
export function reportText(report: ChaosReport, { images, seed, photos }: Run): string {
  const { watcher, findings } = report
  const total = Object.values(report.injected).reduce((sum, count) => sum + count, 0)
  const replay = `npm run chaos -- --images ${images} --seed ${seed}${photos === null ? '' : ` --photos ${photos}`}`
  return [
    section(`Faults injected: ${total}, and ${report.kills} times the whole cloud killed`, report.injected),
    section('What clients were told', report.outcomes),
    section('What became of the images', report.images),
    section('A client that was cut off', { ...watcher }),
    section('Dead letters, each explained', report.deadLetters),
    section('Left over', { 'files that the reconciler took away': report.orphansBeforeReconciliation }),
    findings.length === 0
      ? `Nothing was lost, nothing is stuck. Seed ${seed}, ${images} images, ${report.seconds} s.\n`
      : `${findings.length} findings:\n${findings.map((finding) => `  - ${finding}\n`).join('')}\nAgain: ${replay}\n`,
  ].join('\n')
}

function section(title: string, counts: Readonly<Record<string, number>>): string {
  const rows = Object.entries(counts)
  if (rows.length === 0) return `${title}: none\n`
  const width = Math.max(...rows.map(([name]) => name.length))
  return `${title}\n${rows.map(([name, count]) => `  ${name.padEnd(width)}  ${String(count).padStart(6)}\n`).join('')}`
}
