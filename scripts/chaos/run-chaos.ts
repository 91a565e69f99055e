import { setTimeout as wait } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { ApiClient } from '../client/api-client.ts'
import { eventually } from '../client/eventually.ts'
import { type FaultPlan, faultPlan } from '../local/faults/fault-plan.ts'
import { type RandomSequence, randomSequence } from '../local/faults/random.ts'
import { asynchronousQueueName } from '../local/services/internal-queues.ts'
import {
  auditImages,
  auditOutcomes,
  auditQueues,
  auditStorage,
  auditWatcher,
  type Finding,
  type Settings,
} from './audit.ts'
import { ChaosCloud } from './chaos-cloud.ts'
import { between, oneOf } from './choices.ts'
import { type Errand, type Outcome, runErrand } from './client.ts'
import { aFaultMix } from './fault-mix.ts'
import { LiveWatcher } from './live-watcher.ts'
import { allImages, OutsideView } from './outside-view.ts'
import { persist } from './persistent-calls.ts'
import { makePhotos, type Photo, readPhotos } from './photos.ts'
import { type Unrest, untilQuiet } from './quiet.ts'

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
  /** Seconds of each step. */
  readonly steps: Readonly<Record<string, number>>
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

/** Small, and of one format, so that a photo is done in a moment: what is tested is not the rendering. */
const settings: Settings = { display_sizes: ['64x96', '320x200'], formats: ['jpeg'] }

/** Clients at the same time. */
const parallel = 6
/** So long a client presses its button again. */
const patienceMs = 5 * 60_000

/** What waits for minutes is due: leases of the dead, photos without a job, uploads that nobody completed. */
const laterSeconds = 600
const minutesLater: FaultPlan = faultPlan.parse({ rules: [], clock_ahead_seconds: laterSeconds })
/** What the reconciler spares for a day is due. */
const aDayLater: FaultPlan = faultPlan.parse({ rules: [], clock_ahead_seconds: 25 * 3600 })

const everyMinute = 'glowworm-every-minute-rule-Target0'
const everySixHours = 'glowworm-every-six-hours-rule-Target0'

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
  const cloud = await ChaosCloud.start(options.dataDirectory)
  clock.done('start')
  const view = new OutsideView(cloud.awsEndpoint)
  const watcher = new LiveWatcher(() => cloud.signIn(), randomSequence(seed, 'live client'))
  const run = async (): Promise<ChaosReport> => {
    const api = await cloud.signIn()
    await changeSettings(api)
    watcher.open()
    onStep(`${errands.length} errands with ${photos.length} photos, under faults`)
    const outcomes = await underFaults(cloud, watcher, errands, seed)
    clock.done('faults')

    onStep('killed a last time; no faults from here on')
    await cloud.killAndRestart(minutesLater)
    clock.done('last kill')
    const findings: Finding[] = []
    const rest = async (what: string) => {
      const unrest = await untilQuiet(view, (unrest) => hurry(cloud, unrest))
      if (unrest !== null) findings.push(`not quiet ${what}: ${JSON.stringify(unrest).slice(0, 2_000)}`)
    }
    await rest('after the faults')
    clock.done('coming to rest')
    await untilDone(async () => {
      await cloud.fireSchedule(everyMinute)
      await wait(1_000)
      await rest('after a sweep')
      return (await view.unsettledUploads()).length
    })
    clock.done('sweeps')

    onStep('quiet; what has failed is tried once more')
    const again = await cloud.signIn()
    await retryFailed(again)
    await rest('after the retry')
    clock.done('retries')

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
    clock.done('looking')
    const orphans = (await auditStorage(view)).filter((finding) => finding.includes('no record names')).length

    onStep('a day later')
    await cloud.inject(aDayLater)
    let leftOver: readonly Finding[] = []
    await untilDone(async () => {
      await cloud.fireSchedule(everySixHours)
      await cloud.fireSchedule(everyMinute)
      await wait(1_000)
      await rest('after the reconciliation')
      leftOver = await auditStorage(view)
      return leftOver.length
    })
    findings.push(...leftOver)
    await watcher.close()
    await cloud.stop()
    clock.done('a day later')
    return {
      ...clock.times(),
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
  }
  try {
    return await Promise.race([run(), cloud.died])
  } catch (error) {
    await watcher.close()
    await cloud.abandon()
    throw error
  }
}

/**
 * What waits for minutes need not: the sweep of the next minute comes now, and so do jobs that were told to come back
 * when a worker is dead, unless one is alive.
 */
async function hurry(cloud: ChaosCloud, { queues, images }: Unrest): Promise<void> {
  if (!queues.some(({ name }) => isQueueOfTheSweep(name))) await cloud.fireSchedule(everyMinute)
  const now = Date.now() + laterSeconds * 1_000
  if (images.some(({ lease }) => lease !== null && lease.expires_at > now)) return
  for (const { name, inFlight } of queues) if (isJobQueue(name) && inFlight > 0) await cloud.release(name)
}

const isQueueOfTheSweep = (name: string): boolean => name === asynchronousQueueName('glowworm-sweep')
const isJobQueue = (name: string): boolean => name.startsWith('glowworm-jobs-')

/**
 * Has schedules do their work, which may be more than one turn of them can do: until nothing is left, or a turn changes
 * nothing any more.
 */
async function untilDone(turn: () => Promise<number>): Promise<void> {
  let before: number
  let left = Number.POSITIVE_INFINITY
  do {
    before = left
    left = await turn()
  } while (left > 0 && left !== before)
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
): Promise<readonly Outcome[]> {
  const random = randomSequence(seed, 'interruptions')
  const kills = moments(random, between(random, 1, 2) + Math.floor(errands.length / 500), errands.length)
  const cuts = moments(random, 5 + Math.floor(errands.length / 100), errands.length)
  await cloud.inject(aFaultMix(seed))
  const queue = new PQueue({ concurrency: parallel })
  let started = 0
  let interrupted = Promise.resolve()
  return Promise.all(
    errands.map((errand) =>
      queue.add(async () => {
        started += 1
        if (cuts.has(started)) watcher.cut()
        if (kills.has(started)) {
          const mix = aFaultMix(seed * 1_000 + started)
          interrupted = interrupted.then(() => cloud.killAndRestart(mix))
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
