/** `npm run corpus -- FOLDER`: sends every file of a folder through the public API, and says what became of each. */
import { parseArgs } from 'node:util'
import type { Image } from '@glowworm/events/image'
import { ApiClient, Refused, Unreachable } from '../client/api-client.ts'
import { findTarget, type Target } from '../client/credentials.ts'
import { defaultDataDirectory } from '../console/cloud-options.ts'
import { givenPath } from '../console/given-path.ts'
import { explain, Refusal } from '../console/refusal.ts'
import { startCloud } from '../local/cloud-process.ts'
import type { SourceFile } from '../upload/find-files.ts'
import { type Outcome, uploadFiles } from '../upload/upload-files.ts'
import { troubleOf } from './endings.ts'
import { everyFile } from './every-file.ts'
import { readManifest } from './manifest.ts'
import { type Case, isAsExpected, summary, table } from './report.ts'

const usage = `npm run corpus -- [options] FOLDER

  --expect FILE    how each file should end: a JSON list of {path, expected, code?}
  --url URL        where Glowworm is; default: a local cloud of its own, with empty data, that is deleted afterwards
  --data DIR       data folder of a local cloud that is running
  --parallel N     files at a time, default 4
  --wait SECONDS   how long to wait for a photo to be processed, default 300
  --help

Ends with 1 if a file crashed something, is stuck, ended without a reason, or not as expected; with 2 if nothing could
be tried.`

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      expect: { type: 'string' },
      url: { type: 'string' },
      data: { type: 'string' },
      parallel: { type: 'string', default: '4' },
      wait: { type: 'string', default: '300' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const [folder, ...others] = positionals
  if (values.help || folder === undefined || others.length > 0) {
    console.log(usage)
    return values.help ? 0 : 2
  }
  const manifestPath = values.expect === undefined ? null : givenPath(values.expect)
  const expectations = manifestPath === null ? null : await readManifest(manifestPath)
  const files = await everyFile(givenPath(folder), manifestPath === null ? [] : [manifestPath])
  if (files.length === 0) throw new Refusal(`There are no files in ${folder}.`)
  const parallel = positiveNumber('--parallel', values.parallel)
  const patienceMs = positiveNumber('--wait', values.wait) * 1_000

  const outcomes = await withTarget(values, async ({ url, email, password }) =>
    timed(files, await ApiClient.signIn(url, email, password), { parallel, patienceMs }),
  )
  const cases: Case[] = outcomes.map(({ outcome, ms }) => ({
    outcome,
    ms,
    allowed: expectations?.get(outcome.file.label) ?? null,
  }))
  console.log(table(cases))
  console.log(`\n${summary(cases)}`)
  return cases.every((each) => troubleOf(each.outcome) === null && isAsExpected(each)) ? 0 : 1
}

/** The Glowworm that was named, or one that exists for the moment. */
async function withTarget<Result>(
  { url, data }: { readonly url?: string | undefined; readonly data?: string | undefined },
  act: (target: Target) => Promise<Result>,
): Promise<Result> {
  if (url !== undefined || data !== undefined) {
    const dataDirectory = givenPath(data ?? defaultDataDirectory)
    return act(await findTarget({ url, dataDirectory, environment: process.env }))
  }
  const cloud = await startCloud()
  try {
    const { facts } = cloud
    return await act({ url: facts.url, email: facts.admin_email, password: facts.admin_password })
  } finally {
    await cloud.dispose()
  }
}

/**
 * Uploads, and how long each file kept us busy: a worker, from taking it to its end, or the API, from the first byte to
 * the refusal.
 */
async function timed(
  files: readonly SourceFile[],
  api: ApiClient,
  options: { readonly parallel: number; readonly patienceMs: number },
): Promise<readonly { readonly outcome: Outcome; readonly ms: number | null }[]> {
  const begun = new Map<SourceFile, number>()
  const took = new Map<SourceFile, number>()
  const outcomes = await uploadFiles(files, api, {
    ...options,
    progress: {
      hashed: () => {},
      sent: (file) => {
        if (!begun.has(file)) begun.set(file, performance.now())
      },
      settled: ({ file }) => {
        const start = begun.get(file)
        if (start !== undefined) took.set(file, performance.now() - start)
      },
      reached: (isThere) => console.error(isThere ? 'The server is back.' : 'The server is away; waiting for it.'),
    },
  })
  return outcomes.map((outcome) => ({ outcome, ms: workedMs(outcome.image) ?? took.get(outcome.file) ?? null }))
}

function workedMs(image: Image | null): number | null {
  if (image === null || image.last_processing_attempt === null) return null
  return Date.parse(image.processing_completed_at ?? image.updated_at) - Date.parse(image.last_processing_attempt)
}

function positiveNumber(option: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new Refusal(`Expected a whole number above 0 for ${option}, received ${text}.`)
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Refused || error instanceof Unreachable ? error.message : explain(error))
  return 2
})
