import { setTimeout as wait } from 'node:timers/promises'
import PQueue from 'p-queue'
import { longestReplay } from '../../functions/use-cases/receive-socket-message.ts'
import type { ApiClient } from '../client/api-client.ts'
import { eventually } from '../client/eventually.ts'
import { type RandomSequence, randomSequence } from '../local/faults/random.ts'
import {
  auditFailures,
  auditImages,
  auditOutcomes,
  auditQueues,
  auditStorage,
  auditUnchanged,
  auditWatcher,
  type Finding,
  type Settings,
} from './audit.ts'
import { ChaosCloud } from './chaos-cloud.ts'
import { between } from './choices.ts'
import { type Errand, type Outcome, runErrand } from './client.ts'
import { errandsFor } from './errands.ts'
import { aFaultMix, noFaults } from './fault-mix.ts'
import { LiveWatcher, type RefusedReplay } from './live-watcher.ts'
import { allImages, OutsideView } from './outside-view.ts'
import { persist } from './persistent-calls.ts'
import { makePhotos, readPhotos } from './photos.ts'
import { Recovery } from './recovery.ts'

export interface ChaosOptions {
  readonly images: number
  readonly seed: number
  readonly dataDirectory: string
  /** Where photos come from; null has them made. */
  readonly photos: string | null
  /** False: jobs bypass the queues. */
  readonly useQueue: boolean
  /** Told how far it is. */
  readonly onStep: (step: string) => void
}

export interface ChaosReport {
  readonly seconds: number
  /** Seconds of each step. */
  readonly steps: Readonly<Record<string, number>>
  readonly kills: number
  /** How many faults of each kind. */
  readonly injected: Readonly<Record<string, number>>
  /** What the clients were told. */
  readonly outcomes: Readonly<Record<string, number>>
  /** Of clients that wanted another crop: who never got it, because a worker had the image. */
  readonly gaveUpCropping: number
  /** How often schedules and people saw to it that it comes to rest. */
  readonly recovery: Recovery['counts']
  /** Images that had failed before any was tried again by hand, by reason. */
  readonly failedAtFirst: Readonly<Record<string, number>>
  /** What became of the images. */
  readonly images: Readonly<Record<string, number>>
  readonly watcher: LiveWatcher['counts']
  readonly orphansBeforeReconciliation: number
  /** Empty if nothing was lost and nothing is stuck. */
  readonly findings: readonly Finding[]
}

/** Small, and of one format, so that a photo is done in a moment: what is tested is not the rendering. */
const settings: Settings = { display_sizes: ['64x96'], formats: ['jpeg'] }

/** Clients at the same time. */
const parallel = 4
/** So long a client presses its button again. */
const patienceMs = 5 * 60_000

/**
 * With each kill it is so much later: leases of the dead have ended, what was lost is missed, uploads that nobody
 * completed are found. Not in all lives of a long run: storage outside goes by the real time, and takes no URL that was
 * signed a quarter of an hour ahead of it.
 */
const laterSeconds = 180
const leaps = 4
/** And then all else is due that waits for minutes. */
const muchLaterSeconds = 600
/** Without queues nobody can count jobs on their way: one that is missed twice is sent again ten minutes later. */
const muchLaterWithoutQueuesSeconds = 1_200
/** What the reconciler spares for a day is due. */
const aDaySeconds = 25 * 3_600

/** Uploads under faults, kills and restarts; then lets everything come to rest, and looks whether anything was lost. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { images, seed, onStep } = options
  const clock = stopwatch()
  const photos =
    options.photos === null
      ? await makePhotos(images, randomSequence(seed, 'photos'))
      : await readPhotos(options.photos, images)
  const errands = errandsFor(photos, randomSequence(seed, 'errands'))
  clock.done('photos')
  const cloud = await ChaosCloud.start(options.dataDirectory, options.useQueue)
  clock.done('start')
  const view = new OutsideView(cloud.awsEndpoint)
  const watcher = new LiveWatcher(() => cloud.signIn(), randomSequence(seed, 'live client'))
  const recovery = new Recovery(cloud, view)
  const tending = randomSequence(seed, 'recovery')
  const run = async (): Promise<ChaosReport> => {
    await changeSettings(await cloud.signIn())
    watcher.open()
    onStep(`${errands.length} errands with ${photos.length} photos, under faults`)
    const outcomes = await underFaults({ cloud, watcher, recovery, tending, errands, seed })
    clock.done('errands')

    onStep('what is left to do goes on under faults')
    await cloud.inject(aFaultMix(seed * 1_000))
    await recovery.tendAll(5 + Math.floor(images / 100), tending)
    clock.done('recovery under faults')

    onStep('killed a last time; no faults from here on')
    await cloud.killAndRestart(noFaults, options.useQueue ? muchLaterSeconds : muchLaterWithoutQueuesSeconds)
    await reconnected(watcher)
    await recovery.rest('after the faults')
    await recovery.work(['sweeps'], async () => 0)
    // From here on it can be told everything that it misses.
    const refused = watcher.refusedReplays.length
    watcher.cut()
    clock.done('coming to rest')

    const api = await cloud.signIn()
    const failed = (await allImages(api)).filter(({ processing_status: status }) => status === 'failed')
    const findings = [...auditFailures(failed, photos, cloud.injected)]
    findings.push(...(await settledFindings(() => auditQueues(view, isJobDeadLetters))))
    onStep(`quiet; ${failed.length} have failed, and are tried once more`)
    await recovery.redriveAll()
    await retryFailed(api)
    await recovery.rest('after the retry')
    clock.done('retries')

    onStep('looking at everything from outside')
    watcher.cut()
    await reconnected(watcher)
    const listed = await allImages(api)
    const unheard = await settledFindings(() => auditWatcher(watcher, listed))
    // Not all that is in the log was heard, so half of the limit is a moment that was busy.
    const isBusy = ({ inOverlap }: RefusedReplay) => inOverlap > longestReplay / 2
    const refusedReplays = watcher.refusedReplays.slice(refused).filter((refusal) => !isBusy(refusal))
    const storage = await auditStorage(view)
    findings.push(
      ...(await auditOutcomes(api, outcomes)),
      ...(await auditImages(cloud.url, listed, settings)),
      ...(await settledFindings(() => auditQueues(view))),
      ...unheard,
      ...refusedReplays.map(
        ({ reason }) => `the live client had missed little after the faults, and was told: ${reason}`,
      ),
      ...storage.findings,
    )
    const records = await view.records()
    await watcher.close()
    clock.done('looking')

    onStep('a day later, under faults and then without')
    await cloud.inject(aFaultMix(seed * 1_000 + 1), aDaySeconds)
    await recovery.work(['reconciliations', 'reconciliations', 'sweeps', 'sweeps'], async () => 0)
    await cloud.inject(noFaults)
    let leftOver: readonly Finding[] = []
    await recovery.work(['reconciliations', 'sweeps'], async () => {
      const { findings, passing } = await auditStorage(view)
      leftOver = [...findings, ...passing]
      return leftOver.length
    })
    findings.push(
      ...leftOver,
      ...auditUnchanged(records, await view.records()),
      ...(await settledFindings(() => auditQueues(view))),
      ...recovery.findings,
    )
    await cloud.stop()
    clock.done('a day later')
    return {
      ...clock.times(),
      kills: cloud.kills,
      injected: cloud.injected,
      outcomes: countBy(outcomes, ({ status, reason }) => (status === 'refused' ? `refused: ${reason}` : status)),
      gaveUpCropping: outcomes.filter(({ gaveUpCropping }) => gaveUpCropping).length,
      recovery: recovery.counts,
      failedAtFirst: countBy(failed, ({ processing_error: error }) => error?.code ?? 'no reason'),
      images: countBy(listed, ({ processing_status: status, processing_error: error }) => {
        return error === null ? status : `${status}: ${error.code}`
      }),
      watcher: watcher.counts,
      orphansBeforeReconciliation: storage.passing.filter((finding) => finding.startsWith('no record')).length,
      findings,
    }
  }
  try {
    return await Promise.race([run(), cloud.died])
  } catch (error) {
    await watcher.close()
    await cloud.abandon()
    throw error
  }
}

/** Those that stay until a person redrives them. */
const isJobDeadLetters = (queueName: string): boolean => /^glowworm-jobs-.*-dead-letters$/.test(queueName)

async function reconnected(watcher: LiveWatcher): Promise<void> {
  watcher.reconsider()
  await eventually('the live client to be back', () => (watcher.isConnected ? true : null))
}

/** Whole seconds of each step, and of all. */
function stopwatch() {
  const began = performance.now()
  const steps: Record<string, number> = {}
  let last = began
  return {
    done(step: string): void {
      steps[step] = Math.round((performance.now() - last) / 1_000)
      last = performance.now()
    },
    times: () => ({ seconds: Math.round((performance.now() - began) / 1_000), steps }),
  }
}

interface UnderFaults {
  readonly cloud: ChaosCloud
  readonly watcher: LiveWatcher
  readonly recovery: Recovery
  readonly tending: RandomSequence
  readonly errands: readonly Errand[]
  readonly seed: number
}

async function underFaults(run: UnderFaults): Promise<readonly Outcome[]> {
  const { cloud, watcher, recovery, tending, errands, seed } = run
  const random = randomSequence(seed, 'interruptions')
  // One late, so that much has broken off before it that is due after it, while all still goes wrong.
  const late = between(random, Math.floor(errands.length / 2), Math.floor((errands.length * 5) / 6))
  const kills = new Set([late, ...moments(random, Math.floor(errands.length / 500), errands.length)])
  const cuts = moments(random, 5 + Math.floor(errands.length / 100), errands.length)
  const rounds = moments(random, Math.floor(errands.length / 10), errands.length)
  await cloud.inject(aFaultMix(seed))
  const queue = new PQueue({ concurrency: parallel })
  let started = 0
  // One after the other: nobody tends a cloud that is just being killed.
  let interrupted = Promise.resolve()
  return Promise.all(
    errands.map((errand) =>
      queue.add(async () => {
        started += 1
        if (cuts.has(started)) watcher.cut()
        if (rounds.has(started)) interrupted = interrupted.then(() => recovery.tend(tending))
        if (kills.has(started)) {
          const mix = aFaultMix(seed * 1_000 + 1 + started)
          interrupted = interrupted.then(() => cloud.killAndRestart(mix, cloud.kills < leaps ? laterSeconds : 0))
        }
        const deadline = Date.now() + patienceMs
        return runErrand(await persist(() => cloud.signIn(), deadline), errand, deadline)
      }),
    ),
  ).finally(() => interrupted)
}

/** During which errands something happens. */
function moments(random: RandomSequence, count: number, errands: number): ReadonlySet<number> {
  return new Set(Array.from({ length: count }, () => between(random, 1, errands - 1)))
}

async function changeSettings(api: ApiClient): Promise<void> {
  const { revision } = (await api.call('GET', '/api/settings/display-sizes')) as { revision: number }
  await api.call('PUT', '/api/settings/display-sizes', { ...settings, revision })
}

/** Presses the button of every image that has failed: only those may fail again that nobody can process. */
async function retryFailed(api: ApiClient): Promise<void> {
  const failed = (await allImages(api)).filter(({ processing_status: status }) => status === 'failed')
  for (const { id } of failed) await api.call('POST', `/api/images/${id}/retry-processing`)
}

/** Events are a moment behind, and a schedule may be due at this moment: a finding counts if it stays. */
async function settledFindings(
  look: () => readonly Finding[] | Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const deadline = Date.now() + 5_000
  for (;;) {
    const findings = await look()
    if (findings.length === 0 || Date.now() > deadline) return findings
    await wait(100)
  }
}

function countBy<Item>(items: readonly Item[], kindOf: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[kindOf(item)] = (counts[kindOf(item)] ?? 0) + 1
  return Object.fromEntries(Object.entries(counts).sort())
}
