/**
 * Builds what the local cloud runs, as far as it has changed.
 *
 * `node scripts/build/all.ts`
 */
import { join } from 'node:path'
import { buildFunctions } from './functions.ts'
import { buildSharpLayer } from './sharp-layer.ts'
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

const templates = {
  root,
  stampFile: join(root, 'build', 'templates.stamp'),
  sources: [
    'infra/**/*.{ts,js,json}',
    'events/*.ts',
    'scripts/build/synth.ts',
    'cdk.json',
    'package-lock.json',
    'build/functions/*/*',
    'build/layers/*.json',
  ],
  outputs: ['cdk.out/*.json'],
}

export interface BuildStep {
  readonly name: string
  /** False if what stood there was current. */
  readonly isNew: boolean
  readonly milliseconds: number
}

/** Functions, sharp layer and site at the same time; then the templates, which name what is in the first two. */
export async function buildAll(onStep: (step: BuildStep) => void): Promise<void> {
  const step = async (name: string, work: () => Promise<boolean>) => {
    const started = performance.now()
    const isNew = await work()
    onStep({ name, isNew, milliseconds: performance.now() - started })
  }
  await Promise.all([
    step('functions', () => whenChanged(functions, () => buildFunctions())),
    step('sharp layer', async () => (await buildSharpLayer({ platform: 'host' })).isNew),
    step('site', async () => (await buildSite()).isNew),
  ])
  await step('templates', () => whenChanged(templates, () => synth()))
}

if (import.meta.main) {
  await buildAll(({ name, isNew, milliseconds }) => {
    console.log(`${name.padEnd(12)} ${isNew ? 'built' : 'current'} (${Math.round(milliseconds)} ms)`)
  })
}
