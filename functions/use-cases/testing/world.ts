import type { ProcessImageJob } from '@glowworm/events/jobs'
import type { ImageRecord } from '../../core/image-record.ts'
import type { Renderer } from '../../core/ports.ts'
import { acceptUpload } from '../accept-upload.ts'
import { createClock } from './clock.ts'
import { fakeRenderer } from './fake-renderer.ts'
import {
  inMemoryBackfills,
  inMemoryImages,
  inMemoryJobs,
  inMemoryLog,
  inMemoryOriginals,
  inMemoryRenditions,
  inMemorySettings,
  inMemoryUpdates,
  inMemoryUploads,
} from './in-memory-ports.ts'
import { pngBytes } from './pictures.ts'

/** Every port that the life of an image needs, in memory. */
export function createWorld(renderer: Renderer & { readonly rendered?: string[] } = fakeRenderer()) {
  const measured: Record<string, number> = {}
  return {
    measured,
    measure: (metric: string, value = 1) => {
      measured[metric] = (measured[metric] ?? 0) + value
    },
    images: inMemoryImages(),
    uploads: inMemoryUploads(),
    originals: inMemoryOriginals(),
    renditions: inMemoryRenditions(),
    jobs: inMemoryJobs(),
    updates: inMemoryUpdates(),
    settings: inMemorySettings(),
    backfills: inMemoryBackfills(),
    log: inMemoryLog(),
    ambient: createClock(),
    renderer,
    readExif: async () => null,
    random: () => 0.5,
    leaseMs: 75_000,
  }
}
export type World = ReturnType<typeof createWorld>

/** Uploads a photo and answers its record and the job that waits for a worker. */
export async function uploadOne(world: World, salt = ''): Promise<{ record: ImageRecord; job: ProcessImageJob }> {
  const { data } = await acceptUpload(world, { bytes: pngBytes({ salt }), filename: 'photo.png', correlationId: 'c-1' })
  return { record: recordOf(world, data.id), job: lastJob(world) }
}

export function recordOf(world: World, id: string): ImageRecord {
  const record = world.images.records.get(id)
  if (record === undefined) throw new Error(`Expected a record of ${id}`)
  return record
}

export function lastJob(world: World): ProcessImageJob {
  const last = world.jobs.sent.at(-1)
  if (last === undefined) throw new Error('Expected a job to have been sent')
  return last.job
}
