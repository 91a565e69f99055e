/**
 * `npm run chaos -- --images N --seed S`: everything goes wrong that can, and nothing may be lost.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { givenPath } from '../console/given-path.ts'
import { explain, Refusal } from '../console/refusal.ts'
import { reportText, tableOfSeeds } from './report-text.ts'
import { type ChaosReport, runChaos } from './run-chaos.ts'

const help = `npm run chaos -- [options]

Runs a local cloud of its own, sends photos while all kinds of faults are injected and the whole of it is killed, and
then looks from outside whether anything was lost, is stuck, or is left over. Ends with 1 if so.

  --images N    how many photos (60)
  --seed S      what goes wrong, and what clients do; the same again with the same number (1)
  --seeds A-B   each of these, one after the other, each from empty data, and a table of all of them
  --no-queue    jobs go straight to the worker, past the queues
  --photos DIR  photos of yours, instead of small ones that are made
  --data DIR    where the data are, in a folder for each seed (a temporary folder)
  --keep        do not delete the data
  --help        show this
`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string' },
      photos: { type: 'string' },
      data: { type: 'string' },
      'no-queue': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const images = wholeNumber('--images', values.images, 2)
  const seeds = values.seeds === undefined ? [wholeNumber('--seed', values.seed, 0)] : rangeOf(values.seeds)
  const photos = values.photos === undefined ? null : givenPath(values.photos)
  const useQueue = !values['no-queue']
  const dataDirectory =
    values.data === undefined ? await mkdtemp(join(tmpdir(), 'glowworm-chaos-')) : givenPath(values.data)
  const isKept = values.keep || values.data !== undefined
  const reports = new Map<number, ChaosReport>()
  try {
    for (const seed of seeds) {
      const onStep = (step: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${step}\n`)
      const ofSeed = join(dataDirectory, `seed-${seed}`)
      const report = await runChaos({ images, seed, photos, useQueue, dataDirectory: ofSeed, onStep })
      reports.set(seed, report)
      process.stdout.write(`${reportText(report, { images, seed, photos, useQueue })}\n`)
      if (!isKept) await rm(ofSeed, { recursive: true, force: true })
    }
  } finally {
    if (seeds.length > 1) process.stdout.write(tableOfSeeds(reports))
    if (isKept) process.stdout.write(`Data and logs: ${dataDirectory}\n`)
    else await rm(dataDirectory, { recursive: true, force: true })
  }
  return [...reports.values()].every(({ findings }) => findings.length === 0) ? 0 : 1
}

function rangeOf(text: string): readonly number[] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? []
  const length = Number(last) - Number(first) + 1
  if (length >= 1 && length <= 1_000) return Array.from({ length }, (_, index) => Number(first) + index)
  throw new Refusal(`Expected --seeds to be like 1-20, at most a thousand, received ${text}.`)
}

function wholeNumber(option: string, text: string, least: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value
  throw new Refusal(`Expected ${option} to be a whole number from ${least} on, received ${text}.`)
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}
