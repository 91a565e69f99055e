import { setTimeout as wait } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { ApiClient } from '../client/api-client.ts'
import { eventually } from '../client/eventually.ts'
import { type FaultPlan, faultPlan } from '../local/faults/fault-plan.ts'
import { type RandomSequence, randomSequence } from '../local/faults/random.ts'
import { auditImages, auditOutcomes, auditQueues, auditStorage, auditWatcher, type Finding } from './audit.ts'
import { ChaosCloud } from './chaos-cloud.ts'
import { between, oneOf } from './choices.ts'
import { type Errand, type Outcome, runErrand } from './client.ts'
import { aFaultMix } from './fault-mix.ts'
import { LiveWatcher } from './live-watcher.ts'
import { allImages, OutsideView } from './outside-view.ts'
import { persist } from './persistent-calls.ts'
import { makePhotos, type Photo, readPhotos } from './photos.ts'
import { untilQuiet } from './quiet.ts'

export interface ChaosOptions {
  readonly images: number
  readonly seed: number
  readonly dataDirectory: string
  /** Where photos come from; null has them made. */
  readonly photos: string | null
  /** Told how far it is. */
  readonly onStep: (step: string) => void
}

export interface ChaosReport {
  readonly seconds: number
  readonly kills: number
  /** How many faults of each kind. */
  readonly injected: Readonly<Record<string, number>>
  /** What the clients were told. */
  readonly outcomes: Readonly<Record<string, number>>
  /** What became of the images. */
  readonly images: Readonly<Record<string, number>>
  readonly watcher: LiveWatcher['counts']
  readonly deadLetters: Readonly<Record<string, number>>
  readonly orphansBeforeReconciliation: number
  /** Empty if nothing was lost and nothing is stuck. */
  readonly findings: readonly Finding[]
}

/** Small, so that a photo is done in a moment: what is tested is not the rendering. */
const displaySizes = ['64x96', '320x200']

/** Clients at the same time. */
const parallel = 8

/** What waits for minutes is due: leases of the dead, photos without a job, uploads that nobody completed. */
const minutesLater: FaultPlan = faultPlan.parse({ rules: [], clock_ahead_seconds: 600 })
/** What the reconciler spares for a day is due. */
const aDayLater: FaultPlan = faultPlan.parse({ rules: [], clock_ahead_seconds: 25 * 3600 })

const everyMinute = 'glowworm-every-minute-rule-Target0'
const everySixHours = 'glowworm-every-six-hours-rule-Target0'

/** Uploads under faults, kills and restarts; then lets everything come to rest, and looks whether anything was lost. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { images, seed, onStep } = options
  const began = performance.now()
  const photos =
    options.photos === null
      ? await makePhotos(images, randomSequence(seed, 'photos'))
      : await readPhotos(options.photos, images)
  const errands = errandsFor(photos, randomSequence(seed, 'errands'))
  const cloud = await ChaosCloud.start(options.dataDirectory)
  const view = new OutsideView(cloud.awsEndpoint)
  const watcher = new LiveWatcher(() => cloud.signIn(), randomSequence(seed, 'live client'))
  try {
    const api = await cloud.signIn()
    const settings = await changeDisplaySizes(api)
    watcher.open()
    onStep(`${errands.length} errands with ${photos.length} photos, under faults`)
    const outcomes = await underFaults(cloud, watcher, errands, seed, images)

    onStep('killed a last time; no faults from here on')
    await cloud.killAndRestart(minutesLater)
    const deadlineMs = 120_000 + images * 500
    const findings: Finding[] = []
    const rest = async (what: string) => {
      const unrest = await untilQuiet(view, deadlineMs)
      if (unrest !== null) findings.push(`not quiet ${what}: ${JSON.stringify(unrest).slice(0, 2_000)}`)
    }
    await rest('after the faults')
    for (const round of ['first', 'second']) {
      await cloud.fireSchedule(everyMinute)
      await wait(1_000)
      await rest(`after the ${round} sweep`)
    }

    onStep('quiet; what has failed is tried once more')
    const again = await cloud.signIn()
    await retryFailed(again)
    await rest('after the retry')

    onStep('looking at everything from outside')
    const listed = await allImages(again)
    const queues = await auditQueues(view, listed)
    watcher.reconsider()
    await eventually('the live client to be back', () => (watcher.isConnected ? true : null))
    const unheard = await settledFindings(() => auditWatcher(watcher, listed))
    findings.push(
      ...(await auditOutcomes(again, outcomes)),
      ...(await auditImages(cloud.url, listed, settings)),
      ...queues.findings,
      ...unheard,
    )
    const orphans = (await auditStorage(view)).filter((finding) => finding.includes('no record names')).length

    onStep('a day later')
    await cloud.inject(aDayLater)
    await cloud.fireSchedule(everySixHours)
    await cloud.fireSchedule(everyMinute)
    await wait(1_000)
    await rest('after the reconciliation')
    findings.push(...(await auditStorage(view)))
    await watcher.close()
    await cloud.stop()
    return {
      seconds: Math.round((performance.now() - began) / 1000),
      kills: cloud.kills,
      injected: cloud.injected,
      outcomes: countBy(outcomes, ({ status, reason }) => (status === 'refused' ? `refused: ${reason}` : status)),
      images: countBy(listed, ({ processing_status: status, processing_error: error }) => {
        return error === null ? status : `${status}: ${error.code}`
      }),
      watcher: watcher.counts,
      deadLetters: queues.deadLetters,
      orphansBeforeReconciliation: orphans,
      findings,
    }
  } catch (error) {
    await watcher.close()
    await cloud.stop()
    throw error
  }
}

function errandsFor(photos: readonly Photo[], random: RandomSequence): readonly Errand[] {
  return photos.flatMap((photo): Errand[] => {
    const way = oneOf(random, ['direct', 'direct', 'presigned', 'presigned', 'presigned', 'silent', 'begun'] as const)
    const afterwards =
      way === 'silent' || way === 'begun' || photo.kind !== 'good'
        ? 'nothing'
        : oneOf(random, [
            'nothing',
            'nothing',
            'nothing',
            'title',
            'focal-point',
            'delete',
            'delete-and-again',
          ] as const)
    const errand: Errand = { photo, way, afterwards }
    // The same photo from two people at once; deleted by one of them, nobody could say what is right.
    const twice = random() < 0.15 && !afterwards.startsWith('delete')
    return twice ? [errand, { photo, way: oneOf(random, ['direct', 'presigned']), afterwards: 'nothing' }] : [errand]
  })
}

async function underFaults(
  cloud: ChaosCloud,
  watcher: LiveWatcher,
  errands: readonly Errand[],
  seed: number,
  images: number,
): Promise<readonly Outcome[]> {
  const random = randomSequence(seed, 'interruptions')
  const kills = new Set(Array.from({ length: between(random, 1, 2) }, () => between(random, 1, errands.length - 1)))
  const cuts = new Set(Array.from({ length: 5 }, () => between(random, 1, errands.length - 1)))
  await cloud.inject(aFaultMix(seed))
  const deadline = Date.now() + 180_000 + images * 1_000
  const api = await persist(() => cloud.signIn(), deadline)
  const queue = new PQueue({ concurrency: parallel })
  let started = 0
  let interrupted = Promise.resolve()
  return Promise.all(
    errands.map((errand) =>
      queue.add(() => {
        started += 1
        if (cuts.has(started)) watcher.cut()
        if (kills.has(started)) {
          const mix = aFaultMix(seed * 1_000 + started)
          interrupted = interrupted.then(() => cloud.killAndRestart(mix))
        }
        return runErrand(api, errand, deadline)
      }),
    ),
  ).finally(() => interrupted)
}

async function changeDisplaySizes(api: ApiClient) {
  const { revision, formats } = (await api.call('GET', '/api/settings/display-sizes')) as {
    revision: number
    formats: ('jpeg' | 'webp' | 'avif')[]
  }
  await api.call('PUT', '/api/settings/display-sizes', { display_sizes: displaySizes, formats, revision })
  return { display_sizes: displaySizes, formats }
}

/** Presses the button of every image that has failed: only those may fail again that nobody can process. */
async function retryFailed(api: ApiClient): Promise<void> {
  const failed = (await allImages(api)).filter(({ processing_status: status }) => status === 'failed')
  for (const { id } of failed) await api.call('POST', `/api/images/${id}/retry-processing`)
}

/** Events are a moment behind: a difference counts if it stays. */
async function settledFindings(look: () => readonly Finding[]): Promise<readonly Finding[]> {
  try {
    return await eventually('no difference', () => (look().length === 0 ? [] : null), 5_000)
  } catch {
    return look()
  }
}

function countBy<Item>(items: readonly Item[], kindOf: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[kindOf(item)] = (counts[kindOf(item)] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).sort())
}
