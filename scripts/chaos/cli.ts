/**
 * `npm run chaos -- --images N --seed S`: everything goes wrong that can, and nothing may be lost.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { givenPath } from '../console/given-path.ts'
import { explain, Refusal } from '../console/refusal.ts'
import { reportText } from './report-text.ts'
import { runChaos } from './run-chaos.ts'

const help = `npm run chaos -- [options]

Runs a local cloud of its own, sends photos while all kinds of faults are injected and the whole of it is killed, and
then looks from outside whether anything was lost, is stuck, or is left over. Ends with 1 if so.

  --images N    how many photos (60)
  --seed S      what goes wrong, and what clients do; the same again with the same number (1)
  --photos DIR  photos of yours, instead of small ones that are made
  --data DIR    where the data are (a temporary folder)
  --keep        do not delete the data
  --help        show this
`

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      photos: { type: 'string' },
      data: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const images = wholeNumber('--images', values.images, 2)
  const seed = wholeNumber('--seed', values.seed, 0)
  const photos = values.photos === undefined ? null : givenPath(values.photos)
  const dataDirectory =
    values.data === undefined ? await mkdtemp(join(tmpdir(), 'glowworm-chaos-')) : givenPath(values.data)
  const isKept = values.keep || values.data !== undefined
  try {
    const onStep = (step: string) => process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${step}\n`)
    const report = await runChaos({ images, seed, photos, dataDirectory, onStep })
    process.stdout.write(reportText(report, { images, seed, photos }))
    return report.findings.length === 0 ? 0 : 1
  } finally {
    if (isKept) process.stdout.write(`Data and logs: ${dataDirectory}\n`)
    else await rm(dataDirectory, { recursive: true, force: true })
  }
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
