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
import { readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { defaultDisplaySizes, type RenditionFormat, renditionFormat } from '@glowworm/events/vocabulary'
import { build } from 'esbuild'
import { table } from 'table'
import { z } from 'zod'
import type { Renderer } from '../../functions/core/ports.ts'
import { encodings, planRenditions, type RenditionSpec } from '../../functions/core/rendition-plan.ts'

const ways = ['ours', 'plain', 'pyramid', 'pyramid-early'] as const
type Way = (typeof ways)[number]

const measurement = z.object({
  /** Until the last file exists, in milliseconds. */
  total: z.number(),
  /** Until all thumbnails exist, in milliseconds. */
  thumbnails: z.number(),
  /** Time of all cores together, in milliseconds. */
  cpu: z.number(),
  /** Peak resident set, in megabytes. */
  memory: z.number(),
})
type Measurement = z.infer<typeof measurement>

const assignment = z.object({
  way: z.enum(ways),
  file: z.string(),
  formats: z.array(renditionFormat).readonly(),
  mark: z.string().nullable(),
})
type Assignment = z.infer<typeof assignment>

const planOf = (formats: readonly RenditionFormat[]) =>
  planRenditions({ id: '0'.repeat(64), focalPoint: null, displaySizes: defaultDisplaySizes, formats })

type Work = (file: string, onThumbnails: () => void) => Promise<void>

const repository = join(import.meta.dirname, '../..')
/** Inside the repository, so that it finds sharp. */
const bundle = join(repository, 'build/bench/sharp-renderer.mjs')

/** As it is deployed: types that are stripped at run time cost time and memory that no worker pays for. */
const bundleRenderer = () =>
  build({
    entryPoints: [join(repository, 'functions/adapters/sharp/sharp-renderer.ts')],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    minify: true,
  })

async function ours(formats: readonly RenditionFormat[]): Promise<Work> {
  const { sharpRenderer } = await import(pathToFileURL(bundle).href)
  const renderer: Renderer = sharpRenderer()
  const plan = planOf(formats)
  return async (file, onThumbnails) => {
    let missing = plan.specs.filter(({ stage }) => stage === 'thumbnails').length
    await renderer.render(await readFile(file), plan, {
      picture() {},
      async file({ spec }) {
        if (spec.stage === 'thumbnails' && --missing === 0) onThumbnails()
      },
    })
  }
}

async function plain(formats: readonly RenditionFormat[]): Promise<Work> {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  const { jpeg, webp, avif } = encodings
  const render = async (file: string, { width, height, fit, format }: RenditionSpec) => {
    const upright = sharp(file, { sequentialRead: true }).autoOrient()
    const sized = upright
      .resize(width, height, { fit, withoutEnlargement: fit === 'inside' })
      .flatten({ background: 'white' })
    if (format === 'jpeg') {
      return sized
        .jpeg({ quality: jpeg.quality, chromaSubsampling: jpeg.chroma, optimizeCoding: jpeg.optimizeCoding })
        .toBuffer()
    }
    if (format === 'webp') return sized.webp({ quality: webp.quality, effort: webp.effort }).toBuffer()
    return sized.avif({ quality: avif.quality, effort: avif.effort, chromaSubsampling: avif.chroma }).toBuffer()
  }
  return async (file, onThumbnails) => {
    const { specs } = planOf(formats)
    const all = (stage: RenditionSpec['stage']) =>
      Promise.all(specs.filter((spec) => spec.stage === stage).map((spec) => render(file, spec)))
    await Promise.all([all('thumbnails').then(onThumbnails), all('variants')])
  }
}

async function marked(strategy: Way, path: string, formats: readonly RenditionFormat[]): Promise<Work> {
  const { default: sharp } = await import('sharp')
  const mark = await import(pathToFileURL(path).href)
  const { jpeg, webp } = encodings
  const options = {
    ...mark.DEFAULTS,
    jpegQ: jpeg.quality,
    chroma: jpeg.chroma,
    optimizeCoding: jpeg.optimizeCoding,
    webpQ: webp.quality,
    webpEffort: webp.effort,
  }
  sharp.cache(false)
  sharp.simd(true)
  sharp.concurrency(options.concurrency)
  const strategies = await mark.makeStrategies(sharp, options)
  const letters = formats.map((format) => (format === 'jpeg' ? 'J' : 'W')).join('')
  return (file, onThumbnails) => strategies[strategy](file, letters, onThumbnails)
}

async function measure({ way, file, formats, mark }: Assignment): Promise<Measurement> {
  const prepare = { ours: () => ours(formats), plain: () => plain(formats) }
  const work = await (way === 'ours' || way === 'plain' ? prepare[way]() : marked(way, mark ?? '', formats))
  // What a process does once is no part of the work on a photo.
  const { default: sharp } = await import('sharp')
  const tiny = sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
  const warm = await tiny.jpeg().toBuffer()
  await sharp(warm).resize(30).webp().toBuffer()
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  let thumbnails = Number.NaN
  await work(file, () => {
    thumbnails = performance.now() - start
  })
  const total = performance.now() - start
  const { user, system } = process.cpuUsage(cpuBefore)
  return { total, thumbnails, cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS / 1024 }
}

function measureInNewProcess(work: Assignment): Measurement {
  const self = fileURLToPath(import.meta.url)
  const child = spawnSync(process.execPath, [self, '--child', JSON.stringify(work)], { encoding: 'utf8' })
  if (child.status !== 0) throw new Error(`${work.way} failed on ${work.file}: ${child.stderr}`)
  return measurement.parse(JSON.parse(child.stdout))
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

function compare(file: string, formats: readonly RenditionFormat[], mark: string | null, rounds: number): string[] {
  const contestants = ways.filter((way) => mark !== null || way === 'ours' || way === 'plain')
  const runs = Array.from({ length: rounds }, () =>
    contestants.map((way) => measureInNewProcess({ way, file, formats, mark })),
  )
  const of = (way: Way, what: keyof Measurement) =>
    runs.map((run) => run[contestants.indexOf(way)]?.[what] ?? Number.NaN)
  const milliseconds = (way: Way) => median(of(way, 'total')).toFixed(0)
  const ratio = (a: readonly number[], b: readonly number[]) =>
    median(a.map((value, round) => value / (b[round] ?? Number.NaN))).toFixed(2)
  const row = [
    basename(file),
    milliseconds('ours'),
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
    milliseconds(best),
  ]
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    mark: { type: 'string' },
    formats: { type: 'string', default: 'jpeg' },
    repeat: { type: 'string', default: '5' },
    child: { type: 'string' },
  },
})
if (values.child !== undefined) {
  process.stdout.write(JSON.stringify(await measure(assignment.parse(JSON.parse(values.child)))))
} else if (positionals.length === 0) {
  console.error('Usage: node scripts/bench/render.ts [--mark PATH] [--formats jpeg,webp] [--repeat 5] FILE…')
  process.exitCode = 2
} else {
  await bundleRenderer()
  const formats = z.array(renditionFormat).min(1).parse(values.formats.split(','))
  const mark = values.mark === undefined ? null : resolve(values.mark)
  const head = ['file', 'ms', 'MB', 'thumbnails / all', '/ plain']
  const headOfMark = ['/ mark', 'CPU / mark', 'thumbnails / mark', 'mark', 'ms of mark']
  const rows = positionals.map((file) => compare(resolve(file), formats, mark, Number(values.repeat)))
  console.log(table([mark === null ? head : [...head, ...headOfMark], ...rows]))
}
