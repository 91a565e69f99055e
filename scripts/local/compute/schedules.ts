import { randomUUID } from 'node:crypto'
import { Cron } from 'croner'
import type { Running, ScheduleModel } from '../model.ts'

export interface Schedules extends Running {
  /** As if the schedule were due now; false if there is none of that name. */
  fire(name: string): boolean
}

/**
 * Calls `fire` whenever a schedule is due, with the event for its function. `rate(…)` counts from now; times of
 * `cron(…)` are UTC.
 */
export function startSchedules(
  schedules: readonly ScheduleModel[],
  fire: (schedule: ScheduleModel, payload: string) => void,
): Schedules {
  const fireNow = (schedule: ScheduleModel) => {
    fire(schedule, schedule.input ?? JSON.stringify(scheduledEvent(schedule, new Date())))
  }
  const jobs = schedules.map((schedule) => {
    const job = scheduleJob(schedule.expression)
    job.schedule(() => fireNow(schedule))
    return job
  })
  return {
    fire(name) {
      const schedule = schedules.find((candidate) => candidate.name === name)
      if (schedule !== undefined) fireNow(schedule)
      return schedule !== undefined
    },
    async stop() {
      for (const job of jobs) job.stop()
    },
  }
}

const secondsPerUnit: Readonly<Record<string, number>> = { minute: 60, hour: 3_600, day: 86_400 }

/** Not yet running. Exported for what it computes: `nextRun`. */
export function scheduleJob(expression: string, now = new Date()): Cron {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? []
  if (value !== undefined && unit !== undefined) {
    const seconds = Number(value) * (secondsPerUnit[unit] ?? 0)
    const startAt = new Date(now.getTime() + seconds * 1000)
    return new Cron('* * * * * *', { interval: seconds, startAt, timezone: 'UTC', paused: false })
  }
  const [, fields] = /^cron\((.+)\)$/.exec(expression) ?? []
  if (fields === undefined) {
    throw new Error(`Expected a schedule like 'rate(5 minutes)' or 'cron(0 8 * * ? *)', found '${expression}'.`)
  }
  // EventBridge counts weekdays from Sunday = 1, starts steps at a number (0/15), and has no seconds.
  const dialect = { alternativeWeekdays: true, sloppyRanges: true, mode: '7-part' } as const
  return new Cron(`0 ${fields}`, { ...dialect, timezone: 'UTC' })
}

/** As EventBridge sends it. */
function scheduledEvent({ name, functionArn }: ScheduleModel, time: Date): object {
  const [, partition, , region, account] = functionArn.split(':')
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account,
    time: time.toISOString().replace(/\.\d+/, ''),
    region,
    resources: [`arn:${partition}:events:${region}:${account}:rule/${name}`],
    detail: {},
  }
}
