/**
 * Builds what the local cloud runs, as far as it has changed.
 *
 * `node scripts/build/all.ts`
 */
import { join } from 'node:path'
import { buildLock, withBuildLock } from './build-lock.ts'
import { buildFunctions, bundleSizes, largestBundle } from './functions.ts'
import { buildSharpLayer, largestLayer, layerBytes, type SharpLayerOptions } from './sharp-layer.ts'
import { buildSite } from './site.ts'
import { synth } from './synth.ts'
import { whenChanged } from './when-changed.ts'

const root = join(import.meta.dirname, '..', '..')

const functions = {
  root,
  stampFile: join(root, 'build', 'functions.stamp'),
  sources: ['functions/**/*.{ts,js,json}', 'events/*.{ts,json}', 'scripts/build/functions.ts', 'package-lock.json'],
  outputs: ['build/functions/*/*'],
}

const templateSources = [
  'infra/**/*.{ts,js,json}',
  'events/*.ts',
  'scripts/build/synth.ts',
  'cdk.json',
  'package-lock.json',
  'build/functions/*/*',
  'build/layers/*.json',
]

/** Each variant of the app has templates of its own, so that changing between them builds nothing anew. */
const variants = {
  queue: { useQueue: true, outdir: 'cdk.out', stampFile: 'build/templates.stamp' },
  direct: { useQueue: false, outdir: 'build/direct/cdk.out', stampFile: 'build/direct/templates.stamp' },
} as const

export interface BuildStep {
  readonly name: string
  /** False if what stood there was current. */
  readonly isNew: boolean
  readonly milliseconds: number
}

/**
 * Functions, sharp layer and site at the same time; then the templates, which name what is in the first two. Waits for
 * a build of another process, and then finds most of it done.
 * @param options with `useQueue` false, the templates of the app whose jobs bypass the queues; `onWait` is called
 *   when another process is building
 * @returns the folder of the templates
 */
export async function buildAll(
  onStep: (step: BuildStep) => void,
  options: { readonly useQueue?: boolean; readonly onWait?: () => void } = {},
): Promise<string> {
  return withBuildLock(buildLock, () => build(onStep, options.useQueue ?? true), options.onWait)
}

async function build(onStep: (step: BuildStep) => void, usesQueue: boolean): Promise<string> {
  const { useQueue, ...variant } = variants[usesQueue ? 'queue' : 'direct']
  const outdir = join(root, variant.outdir)
  const templates = {
    root,
    stampFile: join(root, variant.stampFile),
    sources: templateSources,
    outputs: [`${variant.outdir}/*.json`],
  }
  await buildParts(onStep, { platform: 'host' })
  await take(onStep, 'templates', () => whenChanged(templates, () => synth({ useQueue, outdir })))
  return outdir
}

/** What templates name, and the site. To be called under the lock of the build. */
export async function buildParts(onStep: (step: BuildStep) => void, layer: SharpLayerOptions): Promise<void> {
  await Promise.all([
    take(onStep, 'functions', () => whenChanged(functions, () => buildFunctions())),
    take(onStep, 'sharp layer', async () => (await buildSharpLayer(layer)).isNew),
    take(onStep, 'site', async () => (await buildSite()).isNew),
  ])
}

/** How large each part of what was built is, and may be: the build fails beyond. */
export async function sizes(layers?: string): Promise<string> {
  const [functions, layer] = await Promise.all([bundleSizes(), layerBytes(layers)])
  const list = functions
    .toSorted((a, b) => b.bytes - a.bytes)
    .map(({ name, bytes }) => `${name} ${Math.ceil(bytes / 1000)}`)
  return [
    `sharp layer: ${(layer / 1e6).toFixed(1)} MB of ${largestLayer / 1e6}, unzipped`,
    `functions, each without its source map, in kB of ${largestBundle / 1000}: ${list.join(', ')}`,
  ].join('\n')
}

async function take(onStep: (step: BuildStep) => void, name: string, work: () => Promise<boolean>): Promise<void> {
  const started = performance.now()
  const isNew = await work()
  onStep({ name, isNew, milliseconds: performance.now() - started })
}

if (import.meta.main) {
  const onStep = ({ name, isNew, milliseconds }: BuildStep) =>
    console.log(`${name.padEnd(12)} ${isNew ? 'built' : 'current'} (${Math.round(milliseconds)} ms)`)
  await buildAll(onStep, { onWait: () => console.log('waiting for another build of this clone') })
  console.log(await sizes())
}
