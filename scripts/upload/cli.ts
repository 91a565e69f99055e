/** `npm run upload -- FILES|FOLDERS`: uploads photos, follows each to its end, and says how it went. */
import { parseArgs } from 'node:util'
import * as screen from '@clack/prompts'
import { ApiClient, Refused, Unreachable } from '../client/api-client.ts'
import { findTarget, NoTarget } from '../client/credentials.ts'
import { findFiles } from './find-files.ts'
import { outcomeTable } from './report.ts'
import { type Outcome, succeeded, type UploadProgress, uploadFiles } from './upload-files.ts'

const usage = `npm run upload -- [options] FILES|FOLDERS

  --url URL        where Glowworm is; default: the local cloud of --data
  --data DIR       data folder of the local cloud, default .glowworm
  --parallel N     files at a time, default 4
  --wait SECONDS   how long to wait for a photo to be processed, default 600
  --json           print the outcomes as JSON, for scripts
  --help

Signs in as the local cloud's admin, or with GLOWWORM_EMAIL and GLOWWORM_PASSWORD.
Ends with 1 if any file failed, with 2 if nothing could be tried.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    url: { type: 'string' },
    data: { type: 'string', default: '.glowworm' },
    parallel: { type: 'string', default: '4' },
    wait: { type: 'string', default: '600' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

class UsageError extends Error {}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage)
    return 0
  }
  if (positionals.length === 0) {
    console.error(usage)
    return 2
  }
  const parallel = positiveNumber('--parallel', values.parallel)
  const patienceMs = positiveNumber('--wait', values.wait) * 1000
  const target = await findTarget({ url: values.url, dataDirectory: values.data, environment: process.env })
  const { files, passedOver } = await findFiles(positionals).catch((error: Error) => {
    throw new UsageError(error.message)
  })
  const api = await ApiClient.signIn(target.url, target.email, target.password)
  const progress = values.json ? silent : process.stdout.isTTY ? onScreen(files) : lineByLine
  const outcomes = await uploadFiles(files, api, { parallel, patienceMs, progress })
  if (progress === silent) {
    console.log(JSON.stringify(outcomes, null, 2))
  } else {
    console.log(outcomeTable(outcomes, target.url))
    console.log(summary(outcomes, passedOver))
  }
  return outcomes.every(succeeded) ? 0 : 1
}

function positiveNumber(option: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`Expected a whole number above 0 for ${option}, got ${text}`)
  return value
}

function summary(outcomes: readonly Outcome[], passedOver: number): string {
  const counts = Map.groupBy(outcomes, (outcome) => outcome.status)
  const parts = [...counts].map(([status, of]) => `${of.length} ${status}`)
  if (passedOver > 0) parts.push(`${passedOver} passed over (no picture by name)`)
  return parts.join(', ') || 'No pictures found.'
}

const silent: UploadProgress = { hashed: () => {}, sent: () => {}, settled: () => {} }

const lineByLine: UploadProgress = {
  ...silent,
  settled: ({ file, status, reason }) =>
    console.log(`${status.padEnd(10)} ${file.label}${reason ? `: ${reason}` : ''}`),
}

/** One bar for all bytes; beside it what has been sent and what is done. */
function onScreen(files: readonly { readonly size: number }[]): UploadProgress {
  const total = files.reduce((sum, file) => sum + file.size, 0)
  const bar = screen.progress({ max: Math.max(1, total), style: 'heavy' })
  const credited = new Map<unknown, number>()
  let hashed = 0
  let settled = 0
  const words = () => (hashed < files.length ? `Reading ${hashed}/${files.length}` : `Done ${settled}/${files.length}`)
  const credit = (file: { readonly size: number }, bytes: number) => {
    credited.set(file, (credited.get(file) ?? 0) + bytes)
    bar.advance(bytes, words())
  }
  bar.start(words())
  return {
    hashed: () => {
      hashed++
      bar.message(words())
    },
    sent: credit,
    settled: ({ file }) => {
      settled++
      // What needed no bytes, or broke off, counts as done too.
      credit(file, file.size - (credited.get(file) ?? 0))
      if (settled === files.length) bar.stop(words())
    },
  }
}

process.exitCode = await main().catch((error: unknown) => {
  if (
    error instanceof UsageError ||
    error instanceof NoTarget ||
    error instanceof Unreachable ||
    error instanceof Refused
  ) {
    console.error(error.message)
    if (error instanceof Unreachable) console.error('Start one with `npm start`, or name another with --url.')
    return 2
  }
  throw error
})
