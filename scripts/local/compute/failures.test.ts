import { describe, expect, it } from 'vitest'
import { aCompute, aFunction, call, eventually, isAlive } from './testing/compute-fixture.ts'

const pidOr = (trouble: string) =>
  `export const handler = async ({ what }) => { if (what === 'pid') return process.pid; ${trouble} }`

describe('a function that does not answer', () => {
  it.each([
    ['waits', 'await new Promise((resolve) => setTimeout(resolve, 60_000))'],
    ['never yields', 'for (;;);'],
  ])('is killed at its time-out when it %s, and the next invocation gets a new process', async (_, trouble) => {
    const { compute, log } = await aCompute({ functions: [aFunction(pidOr(trouble), { timeoutSeconds: 1 })] })
    const pid = (await call(compute, { what: 'pid' })).value
    const { functionError, requestId, value } = await call(compute)
    expect(functionError).toBe('Unhandled')
    expect(value).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: `RequestId: ${requestId} Error: Task timed out after 1.00 seconds`,
    })
    expect(isAlive(pid)).toBe(false)
    expect((await call(compute, { what: 'pid' })).value).not.toBe(pid)
    expect(compute.statistics()).toMatchObject({ subject: { invocations: 3, errors: 1, timeouts: 1, coldStarts: 2 } })
    await eventually(() => expect(log('subject')).toMatch(/REPORT RequestId: .*Status: timeout/))
  })

  it.each([
    ['process.exit(3)', 'Runtime exited with error: exit status 3'],
    ['process.exit(0)', 'Runtime exited without providing a reason'],
    [`process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})`, 'Runtime exited with error: signal: killed'],
    ['process.abort()', 'Runtime exited with error: signal: aborted'],
  ])('is a crash after %s', async (trouble, reason) => {
    const { compute } = await aCompute({ functions: [aFunction(pidOr(trouble))] })
    const { functionError, requestId, value } = await call(compute)
    expect(functionError).toBe('Unhandled')
    expect(value).toEqual({ errorType: 'Runtime.ExitError', errorMessage: `RequestId: ${requestId} Error: ${reason}` })
    expect((await call(compute, { what: 'pid' })).value).toEqual(expect.any(Number))
    expect(compute.statistics()).toMatchObject({ subject: { errors: 1, crashes: 1 } })
  })

  it('is a crash too when its module ends the process', async () => {
    const { compute } = await aCompute({ functions: [aFunction('process.exit(1)')] })
    expect((await call(compute)).value).toMatchObject({ errorType: 'Runtime.ExitError' })
  })

  it('is killed above its memory, wherever that memory is', async () => {
    const trouble = `const kept = []
      for (;;) { kept.push(Buffer.alloc(8_000_000, 1)); await new Promise((resolve) => setImmediate(resolve)) }`
    const { compute } = await aCompute({ functions: [aFunction(pidOr(trouble), { memoryMb: 128 })] })
    const pid = (await call(compute, { what: 'pid' })).value
    const { requestId, value } = await call(compute)
    expect(value).toEqual({
      errorType: 'Runtime.OutOfMemory',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
    })
    expect(isAlive(pid)).toBe(false)
    expect(compute.statistics()).toMatchObject({ subject: { errors: 1, outOfMemory: 1, timeouts: 0 } })
  })

  it('takes what it has started with it', async () => {
    const trouble = `const { spawn } = await import('node:child_process')
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
      console.log('child ' + child.pid); process.exit(1)`
    const { compute, log } = await aCompute({ functions: [aFunction(pidOr(trouble))] })
    await call(compute)
    await eventually(() => expect(log('subject')).toContain('REPORT'))
    const child = Number(/child (\d+)/.exec(log('subject'))?.[1])
    await eventually(() => expect(isAlive(child)).toBe(false))
  })
})

describe('an error nobody catches', () => {
  it('fails the invocation it belongs to and ends the environment', async () => {
    const trouble = `if (what === 'reject') Promise.reject(new Error('lost'))
      else setTimeout(() => { throw new TypeError('thrown') }, 1)
      await new Promise(() => {})`
    const { compute } = await aCompute({ functions: [aFunction(pidOr(trouble))] })
    const pid = (await call(compute, { what: 'pid' })).value
    expect(await call(compute, { what: 'reject' })).toMatchObject({
      functionError: 'Unhandled',
      value: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' },
    })
    expect((await call(compute, { what: 'pid' })).value).not.toBe(pid)
    expect(await call(compute, { what: 'throw' })).toMatchObject({ value: { errorType: 'TypeError' } })
  })

  it('is logged under its own request and fails no later invocation when its own has been answered', async () => {
    const code = `let release = () => {}
      export const handler = async ({ what }) => {
        if (what === 'leave') {
          void new Promise((resolve) => { release = resolve }).then(() => { throw new Error('left behind') })
          return process.pid
        }
        release()
        await new Promise((resolve) => setTimeout(resolve, 50))
        return process.pid
      }`
    const { compute, log } = await aCompute({ functions: [aFunction(code)] })
    const guilty = await call(compute, { what: 'leave' })
    const innocent = await call(compute)
    expect(innocent).toMatchObject({ functionError: null, value: guilty.value })
    await eventually(() => {
      expect(log('subject')).toMatch(
        new RegExp(`${guilty.requestId}\\tERROR\\tUnhandled Promise Rejection after the answer`),
      )
    })
    expect((await call(compute)).value).not.toBe(guilty.value)
    expect(compute.statistics()).toMatchObject({ subject: { errors: 0, coldStarts: 2 } })
  })
})
