import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reportText } from '../../scripts/chaos/report-text.ts'
import { runChaos } from '../../scripts/chaos/run-chaos.ts'

const images = 60

// At the same time: each of them waits for its own restarts, and no two share anything but the machine.
describe('under faults, kills and restarts', { timeout: 900_000 }, () => {
  it.concurrent.for([1, 2, 3])('nothing is lost and nothing is stuck (seed %i)', async (seed, { onTestFinished }) => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'glowworm-chaos-'))
    onTestFinished(() => rm(dataDirectory, { recursive: true, force: true }))
    const report = await runChaos({ images, seed, dataDirectory, photos: null, useQueue: true, onStep: () => {} })
    expect(report.findings, reportText(report, { images, seed, photos: null, useQueue: true })).toEqual([])
    expect(report.kills).toBe(2)
    expect(report.recovery.sweeps).toBeGreaterThan(5)
    expect(report.recovery.reconciliations).toBeGreaterThan(2)
    expect(Object.keys(report.injected).length).toBeGreaterThan(5)
  })
})
