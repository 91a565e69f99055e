/** `npm run upload -- FILES|FOLDERS`: uploads photos, follows each to its end, and says how it went. */
import { parseArgs } from 'node:util'
import * as screen from '@clack/prompts'
import { ApiClient, Refused, Unreachable } from '../client/api-client.ts'
import { findTarget } from '../client/credentials.ts'
import { defaultDataDirectory } from '../console/cloud-options.ts'
import { givenPath } from '../console/given-path.ts'
import { explain, Refusal } from '../console/refusal.ts'
import { findFiles } from './find-files.ts'
import { report } from './report.ts'
import { awayLimitMs, type Outcome, succeeded, type UploadProgress, uploadFiles } from './upload-files.ts'

const usage = `npm run upload -- [options] FILES|FOLDERS

  --url URL        where Glowworm is; default: the local cloud of --data
  --data DIR       data folder of the local cloud, default .glowworm
  --parallel N     files at a time, default 4
  --wait SECONDS   how long to wait for a photo to be processed, default 600
  --json           print the outcomes as JSON, for scripts
  --help

Signs in as the local cloud's admin, or with GLOWWORM_EMAIL and GLOWWORM_PASSWORD.
Ends with 1 if any file failed, with 2 if nothing could be tried.`

function readOptions() {
  return parseArgs({
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      data: { type: 'string', default: defaultDataDirectory },
      parallel: { type: 'string', default: '4' },
      wait: { type: 'string', default: '600' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
}

async function main(): Promise<number> {
  const { values, positionals } = readOptions()
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
  const target = await findTarget({
    url: values.url,
    dataDirectory: givenPath(values.data),
    environment: process.env,
  })
  const { files, passedOver } = await findFiles(positionals.map(givenPath))
  if (files.length === 0) {
    const others = passedOver > 0 ? `; passed over ${counted(passedOver, 'other file')}` : ''
    throw new Refusal(`No pictures in ${positionals.join(', ')}${others}.`)
  }
  const api = await ApiClient.signIn(target.url, target.email, target.password)
  const progress = values.json ? silent : process.stdout.isTTY ? onScreen(files) : lineByLine
  const outcomes = await uploadFiles(files, api, { parallel, patienceMs, progress })
  if (values.json) {
    console.log(JSON.stringify(outcomes, null, 2))
  } else {
    console.log(report(outcomes, target.url, process.stdout.columns))
    console.log(summary(outcomes, passedOver))
  }
  return outcomes.every(succeeded) ? 0 : 1
}

function positiveNumber(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new Refusal(`Expected a whole number above 0 for ${option}, received ${text}.`)
}

function summary(outcomes: readonly Outcome[], passedOver: number): string {
  const counts = Map.groupBy(outcomes, (outcome) => outcome.status)
  const parts = [...counts].map(([status, of]) => `${of.length} ${status}`)
  if (passedOver > 0) parts.push(`${passedOver} passed over (no picture by name)`)
  return parts.join(', ')
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const away = `The server is away. Waiting for it, up to ${awayLimitMs / 1000} s …`

const silent: UploadProgress = {
  hashed: () => {},
  sent: () => {},
  settled: () => {},
  reached: (isThere) => console.error(isThere ? 'The server is back.' : away),
}

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
  let isThere = true
  const words = () => {
    if (!isThere) return away
    return hashed < files.length ? `Reading ${hashed}/${files.length}` : `Done ${settled}/${files.length}`
  }
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
    reached: (isThereNow) => {
      isThere = isThereNow
      bar.message(words())
    },
  }
}

process.exitCode = await main().catch((error: unknown) => {
  if (error instanceof Unreachable)
    console.error(`${error.message}. Start one with \`npm start\`, or name another with --url.`)
  else console.error(error instanceof Refused ? error.message : explain(error))
  return 2
})
