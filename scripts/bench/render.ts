/**
 * How fast the renderer is, as ratios: against the plain way (one sharp pipeline for each rendition, all at once) and,
 * if it is given, against the best hand-written script that we know.
 *
 *     node scripts/bench/render.ts [--mark PATH] [--formats jpeg,webp] [--repeat 5] FILE…
 *
 * Absolute times on a shared machine say little. So every measurement has a fresh process, all ways take turns within a
 * round, and a ratio is the median of the rounds' ratios. The mark is a module that exports `DEFAULTS` and
 * `makeStrategies(sharp, options)`, with strategies named `pyramid` and `pyramid-early`; it gets our encodings.
 */
import { spawnSync } from 'node:child_process'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type RenditionFormat, renditionFormat } from '@glowworm/events/vocabulary'
import { build } from 'esbuild'
import { table } from 'table'
import { z } from 'zod'
import { type Assignment, bundle, type Measurement, type Way } from './render-once.ts'

/** Types that are stripped at run time cost time and memory that no worker pays for. */
const bundleRenderer = () =>
  build({
    entryPoints: [join(import.meta.dirname, '../../functions/adapters/sharp/sharp-renderer.ts')],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
  })

function measure(assignment: Assignment): Measurement {
  const child = spawnSync(process.execPath, [join(import.meta.dirname, 'render-once.ts'), JSON.stringify(assignment)], {
    encoding: 'utf8',
  })
  if (child.status !== 0) throw new Error(`${assignment.way} failed on ${assignment.file}: ${child.stderr}`)
  return JSON.parse(child.stdout)
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

function compare(file: string, formats: readonly RenditionFormat[], mark: string | null, rounds: number): string[] {
  const ways: readonly Way[] = mark === null ? ['ours', 'plain'] : ['ours', 'plain', 'pyramid', 'pyramid-early']
  const runs = Array.from({ length: rounds }, () => ways.map((way) => measure({ way, file, formats, mark })))
  const of = (way: Way, what: keyof Measurement) => runs.map((run) => run[ways.indexOf(way)]?.[what] ?? Number.NaN)
  const ratio = (a: readonly number[], b: readonly number[]) =>
    median(a.map((value, round) => value / (b[round] ?? Number.NaN))).toFixed(2)
  const row = [
    basename(file),
    median(of('ours', 'total')).toFixed(0),
    median(of('ours', 'memory')).toFixed(0),
    ratio(of('ours', 'thumbnails'), of('ours', 'total')),
    ratio(of('ours', 'total'), of('plain', 'total')),
  ]
  if (mark === null) return row
  const best = median(of('pyramid', 'total')) < median(of('pyramid-early', 'total')) ? 'pyramid' : 'pyramid-early'
  return [
    ...row,
    ratio(of('ours', 'total'), of(best, 'total')),
    ratio(of('ours', 'cpu'), of(best, 'cpu')),
    ratio(of('ours', 'thumbnails'), of('pyramid-early', 'thumbnails')),
    best,
  ]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mark: { type: 'string' },
    formats: { type: 'string', default: 'jpeg' },
    repeat: { type: 'string', default: '5' },
  },
})
if (positionals.length === 0) {
  console.error('Usage: node scripts/bench/render.ts [--mark PATH] [--formats jpeg,webp] [--repeat 5] FILE…')
  process.exitCode = 2
} else {
  await bundleRenderer()
  const formats = z.array(renditionFormat).min(1).parse(values.formats.split(','))
  const mark = values.mark === undefined ? null : resolve(values.mark)
  const head = ['file', 'ms', 'MB', 'thumbnails / all', '/ plain']
  const headOfMark = ['/ mark', 'CPU / mark', 'thumbnails / mark', 'best mark']
  const rows = positionals.map((file) => compare(resolve(file), formats, mark, Number(values.repeat)))
  console.log(table([mark === null ? head : [...head, ...headOfMark], ...rows]))
}
