import type { ProcessingStatsResponse, RecentStep } from '@glowworm/events/http-api'
import { describe, expect, it } from 'vitest'
import { durationSummary, eventful, quarters, roundTop, spanOf, throughputSummary, throughputWords } from './hour.ts'

const step = (from: string, change: Partial<RecentStep> = {}): RecentStep => ({
  from: `2026-11-23T${from}:00.000Z`,
  processed: 0,
  failed: 0,
  p50_ms: null,
  p95_ms: null,
  ...change,
})

function recentWith(
  series: readonly RecentStep[],
  change: Partial<ProcessingStatsResponse['recent']> = {},
): ProcessingStatsResponse['recent'] {
  return {
    since: series[0]?.from ?? '2026-11-23T12:00:00.000Z',
    processed: 0,
    failed: 0,
    processed_per_minute: 0,
    p50_ms: null,
    p95_ms: null,
    step_ms: 120_000,
    series: [...series],
    ...change,
  }
}

describe('the charts', () => {
  it('show an hour that ends with the step that is under way, even if only its end was read', () => {
    expect(spanOf(recentWith([step('11:58'), step('12:00')]))).toEqual([
      Date.parse('2026-11-23T11:02:00.000Z'),
      Date.parse('2026-11-23T12:02:00.000Z'),
    ])
  })

  it('name the full quarters of the hour', () => {
    const span = spanOf(recentWith([step('12:00')]))
    expect(quarters(span).map((time) => new Date(time).toISOString().slice(11, 16))).toEqual([
      '11:15',
      '11:30',
      '11:45',
      '12:00',
    ])
  })

  it.each([
    [0, 2],
    [1, 2],
    [3, 4],
    [4, 4],
    [5, 6],
    [9, 10],
    [11, 20],
    [41, 60],
    [850, 1_000],
  ])('have a round top above %i: %i', (highest, top) => {
    expect(roundTop(highest, 2)).toBe(top)
  })
})

describe('what the charts say in words', () => {
  const busy = step('12:00', { processed: 3, failed: 1, p50_ms: 900, p95_ms: 2_100 })

  it('is how much there was, and when most', () => {
    const words = throughputSummary(recentWith([step('11:58', { processed: 1 }), busy], { processed: 4, failed: 1 }))
    expect(words).toMatch(/^In the last hour 4 jobs completed and 1 failed\. .*: 3 completed, 1 failed\.$/)
    expect(throughputWords(step('12:00', { processed: 2 }))).toBe('2 completed')
  })

  it('is how long it took', () => {
    expect(durationSummary(recentWith([busy], { p50_ms: 900, p95_ms: 2_100 }))).toBe(
      'In the last hour half of the jobs took no longer than 0.9 s, and 95 % no longer than 2.1 s.',
    )
  })

  it('is that there was nothing, if there was nothing', () => {
    const quiet = recentWith([step('12:00')])
    expect([throughputSummary(quiet), durationSummary(quiet)]).toEqual([
      'Nothing ended in the last hour.',
      'Nothing completed in the last hour.',
    ])
  })

  it('leaves out the steps in which nothing happened, and begins with the latest', () => {
    const steps = [step('11:56', { failed: 1 }), step('11:58'), busy]
    expect(eventful(recentWith(steps)).map(({ from }) => from.slice(11, 16))).toEqual(['12:00', '11:56'])
  })
})
