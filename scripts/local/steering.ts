import { timingSafeEqual } from 'node:crypto'
import { InvalidFaultPlan, readFaultPlan } from './faults/fault-plan.ts'
import type { Faults } from './faults/faults.ts'
import { type AwsRequest, type AwsResponse, header } from './services/aws-request.ts'
import type { ReleasedMessage } from './services/messaging-port.ts'

export interface SteeringOptions {
  /** Of `local.json`: whoever can read that file may steer. */
  readonly token: string
  readonly faults: Faults
  /** Fires the schedule now; false if there is none of that name. */
  readonly fireSchedule: (name: string) => boolean
  /** Lets whatever is in flight in a queue be received again, and tells what that was; null if there is none of that name. */
  readonly release: (queueName: string) => readonly ReleasedMessage[] | null
}

/**
 * What steers the local cloud itself, beside the AWS APIs, at `/_faults`, `/_schedules/NAME` and `/_queues/NAME`. Nothing of
 * it deploys. A web page can neither know the token nor send it: no answer here allows other origins anything.
 * @returns null for any other path
 */
export function steering({ token, faults, fireSchedule, release }: SteeringOptions) {
  return async (request: AwsRequest, readBody: () => Promise<Buffer>): Promise<AwsResponse | null> => {
    const [, area, name] = /^\/_(faults|schedules|queues)(?:\/(.+))?$/.exec(request.path) ?? []
    if (area === undefined) return null
    if (!isAllowed(request, token)) {
      return json(403, { message: 'Expected "Authorization: Bearer TOKEN", with the steering_token of local.json.' })
    }
    switch (`${request.method} ${area}`) {
      case 'GET faults':
        return json(200, faults.report())
      case 'DELETE faults':
        faults.set(null)
        return json(200, faults.report())
      case 'PUT faults':
        try {
          faults.set(readFaultPlan((await readBody()).toString()))
          return json(200, faults.report())
        } catch (error) {
          if (error instanceof InvalidFaultPlan) return json(400, { message: error.message })
          throw error
        }
      case 'POST schedules':
        if (fireSchedule(decodeURIComponent(name ?? ''))) return json(202, {})
        return json(404, { message: `There is no schedule ${name} in the template.` })
      case 'POST queues': {
        const released = release(decodeURIComponent(name ?? ''))
        return released === null ? json(404, { message: `There is no queue ${name}.` }) : json(200, { released })
      }
    }
    return json(405, {
      message: 'Expected GET, PUT or DELETE of /_faults, or POST to /_schedules/NAME or /_queues/NAME.',
    })
  }
}

function isAllowed(request: AwsRequest, token: string): boolean {
  if (header(request, 'origin') !== undefined) return false
  const given = Buffer.from(header(request, 'authorization') ?? '')
  const expected = Buffer.from(`Bearer ${token}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function json(status: number, value: unknown): AwsResponse {
  return { status, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(value)}\n` }
}
