import { describe, expect, it } from 'vitest'
import { Faults } from './faults/faults.ts'
import type { Services } from './services/start-services.ts'
import { startServicesUnderTest } from './services/testing/services-under-test.ts'
import { steering } from './steering.ts'

const plan = { rules: [{ on: 'call', service: 'sqs', effect: 'throttle' }] }

async function aCloudToSteer() {
  const faults = new Faults(() => {})
  const fired: string[] = []
  const fireSchedule = (name: string) => name === 'sweep' && fired.push(name) > 0
  const steer = steering({
    token: 'secret',
    faults,
    fireSchedule,
    release: (queueName): ReturnType<Services['release']> => services.release(queueName),
  })
  const services: Services = await startServicesUnderTest({ steer })
  const { url, messaging } = services
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: 'Bearer secret', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, answer: (await response.json().catch(() => null)) as unknown }
  }
  return { ask, faults, fired, messaging }
}

describe('steering the local cloud', () => {
  it('sets faults, tells what was injected, and ends them', async () => {
    const { ask, faults } = await aCloudToSteer()
    expect(await ask('PUT', '/_faults', plan)).toMatchObject({ status: 200, answer: { plan } })
    faults.strike('call', 'a call', () => true)
    const injected = { 'call/throttle': 1 }
    expect(await ask('GET', '/_faults')).toMatchObject({ answer: { rules: [{ met: 1, injected: 1 }], injected } })
    expect(await ask('DELETE', '/_faults')).toMatchObject({ answer: { plan: null, rules: [], injected } })
  })

  it('refuses a plan that is none, says why, and keeps what was set', async () => {
    const { ask, faults } = await aCloudToSteer()
    await ask('PUT', '/_faults', plan)
    expect(await ask('PUT', '/_faults', { rules: [{ on: 'moon' }] })).toMatchObject({
      status: 400,
      answer: { message: expect.stringContaining('rules[0]') },
    })
    expect(faults.report().plan).toMatchObject(plan)
  })

  it('fires a schedule at once, if there is one of that name', async () => {
    const { ask, fired } = await aCloudToSteer()
    expect(await ask('POST', '/_schedules/sweep')).toMatchObject({ status: 202 })
    expect(await ask('POST', '/_schedules/weep')).toMatchObject({ status: 404 })
    expect(fired).toEqual(['sweep'])
  })

  it('delivers again what has been received and not settled, and tells how long it would have waited', async () => {
    const { ask, messaging } = await aCloudToSteer()
    await messaging.send('jobs', 'a job')
    const take = () => {
      return messaging.receive('jobs', { max: 1, waitMs: 0, visibilitySeconds: 600 }, new AbortController().signal)
    }
    expect(await take()).toMatchObject([{ attributes: { ApproximateReceiveCount: '1' } }])
    expect(await take()).toEqual([])
    expect(await ask('POST', '/_queues/jobs')).toMatchObject({
      status: 200,
      answer: { released: [{ body: 'a job', receives: 1, secondsLeft: expect.any(Number) }] },
    })
    expect(await take()).toMatchObject([{ body: 'a job', attributes: { ApproximateReceiveCount: '2' } }])
    expect(await ask('POST', '/_queues/none')).toMatchObject({ status: 404 })
  })

  it.each([
    ['without the token', { authorization: '' }],
    ['with another token', { authorization: 'Bearer sesame' }],
    ['for a web page, even with the token', { origin: 'http://localhost:4200' }],
  ])('is refused %s', async (_what, headers) => {
    const { ask, faults, fired } = await aCloudToSteer()
    for (const method of ['GET', 'DELETE'])
      expect(await ask(method, '/_faults', undefined, headers)).toMatchObject({ status: 403 })
    expect(await ask('PUT', '/_faults', plan, headers)).toMatchObject({ status: 403 })
    expect(await ask('POST', '/_schedules/sweep', undefined, headers)).toMatchObject({ status: 403 })
    expect(await ask('POST', '/_queues/jobs', undefined, headers)).toMatchObject({ status: 403 })
    expect(faults.report().plan).toBeNull()
    expect(fired).toEqual([])
  })

  it('knows no other ways', async () => {
    const { ask } = await aCloudToSteer()
    expect(await ask('POST', '/_faults', plan)).toMatchObject({ status: 405 })
  })
})
