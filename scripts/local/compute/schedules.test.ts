import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { scheduleJob, startSchedules } from './schedules.ts'

const now = new Date('2026-11-23T09:59:30Z')
const nextRun = (expression: string) => scheduleJob(expression, now).nextRun()?.toISOString()

beforeEach(() => {
  vi.useFakeTimers({ now })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a schedule', () => {
  it.each([
    ['rate(5 minutes)', '2026-11-23T10:04:30.000Z'],
    ['rate(1 hour)', '2026-11-23T10:59:30.000Z'],
    ['cron(0 10 * * ? *)', '2026-11-23T10:00:00.000Z'],
    ['cron(0/15 * * * ? *)', '2026-11-23T10:00:00.000Z'],
    ['cron(0 8 ? * 1 *)', '2026-11-29T08:00:00.000Z'],
    ['cron(0 18 ? * MON-FRI *)', '2026-11-23T18:00:00.000Z'],
    ['cron(0 8 1 * ? 2030)', '2030-01-01T08:00:00.000Z'],
    ['cron(0 9 ? * 6L *)', '2026-11-27T09:00:00.000Z'],
  ])('%s is due as in EventBridge', (expression, expected) => {
    expect(nextRun(expression)).toBe(expected)
  })

  it('refuses an expression that EventBridge would refuse', () => {
    expect(() => scheduleJob('every 5 minutes')).toThrow("found 'every 5 minutes'")
    expect(() => scheduleJob('cron(0 10 * * ?)')).toThrow('7')
  })

  it('fires at once when asked to, and only a schedule that there is', async () => {
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:sweep'
    const payloads: string[] = []
    const schedule = { name: 'sweep', expression: 'rate(1 minute)', functionArn, input: '{"asked":true}' }
    const schedules = startSchedules([schedule], (_, payload) => void payloads.push(payload))
    expect([schedules.fire('sweep'), schedules.fire('weep')]).toEqual([true, false])
    expect(payloads).toEqual(['{"asked":true}'])
    await schedules.stop()
  })

  it('fires every time it is due, until it is stopped', async () => {
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:sweep'
    const payloads: string[] = []
    const schedules = startSchedules(
      [{ name: 'sweep', expression: 'rate(1 minute)', functionArn, input: null }],
      (_, payload) => {
        payloads.push(payload)
      },
    )
    await vi.advanceTimersByTimeAsync(181_000)
    await schedules.stop()
    await vi.advanceTimersByTimeAsync(181_000)
    expect(payloads).toHaveLength(3)
    expect(JSON.parse(payloads[0] ?? '')).toMatchObject({
      source: 'aws.events',
      'detail-type': 'Scheduled Event',
      time: '2026-11-23T10:00:30Z',
      account: '000000000000',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/sweep'],
    })
  })
})
