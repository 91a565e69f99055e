/** One way of rendering one photo, measured in a process of its own; started by render.ts. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { defaultDisplaySizes, type RenditionFormat } from '@glowworm/events/vocabulary'
import type Sharp from 'sharp'
import type { Renderer } from '../../functions/core/ports.ts'
import { encodings, planRenditions, type RenditionSpec } from '../../functions/core/rendition-plan.ts'

export type Way = 'ours' | 'plain' | 'pyramid' | 'pyramid-early'

export interface Assignment {
  readonly way: Way
  readonly file: string
  readonly formats: readonly RenditionFormat[]
  /** Path of the module with the strategies of the mark. */
  readonly mark: string | null
}

export interface Measurement {
  /** Until the last file exists, in milliseconds. */
  readonly total: number
  /** Until all thumbnails exist, in milliseconds. */
  readonly thumbnails: number
  /** Time of all cores together, in milliseconds. */
  readonly cpu: number
  /** Peak resident set, in megabytes. */
  readonly memory: number
}

/** The renderer as it is deployed. Inside the repository, so that it finds sharp. */
export const bundle = join(import.meta.dirname, '../../build/bench/sharp-renderer.mjs')

type Work = (file: string, onThumbnails: () => void) => Promise<unknown>

/** The copy that the renderer uses, too: sharp has another one for `import`. */
const sharp = createRequire(import.meta.url)('sharp') as typeof Sharp

const planOf = (formats: readonly RenditionFormat[]) =>
  planRenditions({ id: '0'.repeat(64), focalPoint: null, displaySizes: defaultDisplaySizes, formats })

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

function plain(formats: readonly RenditionFormat[]): Work {
  const { jpeg, webp, avif } = encodings
  const encoders = {
    jpeg: { quality: jpeg.quality, chromaSubsampling: jpeg.chroma, optimizeCoding: jpeg.optimizeCoding },
    webp: { quality: webp.quality, effort: webp.effort },
    avif: { quality: avif.quality, effort: avif.effort, chromaSubsampling: avif.chroma },
  }
  const render = (file: string, { width, height, fit, format }: RenditionSpec) =>
    sharp(file, { sequentialRead: true })
      .autoOrient()
      .resize(width, height, { fit, withoutEnlargement: fit === 'inside' })
      .flatten({ background: 'white' })
      .toFormat(format, encoders[format])
      .toBuffer()
  sharp.cache(false)
  return async (file, onThumbnails) => {
    const { specs } = planOf(formats)
    const all = (stage: RenditionSpec['stage']) =>
      Promise.all(specs.filter((spec) => spec.stage === stage).map((spec) => render(file, spec)))
    await Promise.all([all('thumbnails').then(onThumbnails), all('variants')])
  }
}

async function marked(strategy: Way, path: string, formats: readonly RenditionFormat[]): Promise<Work> {
  const { DEFAULTS, makeStrategies } = await import(pathToFileURL(path).href)
  const { jpeg, webp } = encodings
  const options = {
    ...DEFAULTS,
    jpegQ: jpeg.quality,
    chroma: jpeg.chroma,
    optimizeCoding: jpeg.optimizeCoding,
    webpQ: webp.quality,
    webpEffort: webp.effort,
  }
  sharp.cache(false)
  sharp.concurrency(options.concurrency)
  const strategies = await makeStrategies(sharp, options)
  const letters = formats.map((format) => (format === 'jpeg' ? 'J' : 'W')).join('')
  return (file, onThumbnails) => strategies[strategy](file, letters, onThumbnails)
}

function prepare({ way, formats, mark }: Assignment): Work | Promise<Work> {
  if (way === 'ours') return ours(formats)
  if (way === 'plain') return plain(formats)
  if (mark === null) throw new Error(`Expected the path of the mark for ${way}, received none`)
  return marked(way, mark, formats)
}

async function measure(assignment: Assignment): Promise<Measurement> {
  const work = await prepare(assignment)
  // What a process does once is no part of the work on a photo.
  const warm = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer()
  await sharp(warm).resize(30).webp().toBuffer()
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  let thumbnails = Number.NaN
  await work(assignment.file, () => {
    thumbnails = performance.now() - start
  })
  const total = performance.now() - start
  const { user, system } = process.cpuUsage(cpuBefore)
  return { total, thumbnails, cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS / 1024 }
}

if (import.meta.main) {
  const [assignment = ''] = process.argv.slice(2)
  process.stdout.write(JSON.stringify(await measure(JSON.parse(assignment))))
}
