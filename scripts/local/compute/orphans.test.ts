import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { aCloud, aCompute, aFunction, call, eventually, isAlive, temporaryFolder } from './testing/compute-fixture.ts'

/** Starts a compute, has every function say its pid, then keeps two of three busy for ever. */
const driver = `
  import { startCompute } from ${JSON.stringify(join(import.meta.dirname, 'compute.ts'))}
  import { InMemoryMessaging } from ${JSON.stringify(join(import.meta.dirname, 'testing/in-memory-messaging.ts'))}
  const { model, logDirectory } = JSON.parse(process.argv[1])
  const messaging = new InMemoryMessaging()
  const compute = await startCompute({ model, logDirectory, messaging, awsEndpoint: 'http://127.0.0.1:1' })
  const say = async (name, what) => compute.invoke(name, JSON.stringify({ what }), 'RequestResponse')
  const answers = await Promise.all(['idle', 'waiting', 'spinning'].map((name) => say(name, 'pid')))
  void say('waiting', 'wait')
  void say('spinning', 'spin')
  console.log(JSON.stringify(answers.map(({ payload }) => JSON.parse(payload))))`

const code = `export const handler = async ({ what }) => {
  if (what === 'wait') await new Promise(() => {})
  if (what === 'spin') for (;;);
  return { pid: process.pid, runTime: process.argv[1] }
}`

describe('the processes of the compute', () => {
  it('are gone soon after the compute is killed, even those in an endless loop, and so are their files', async () => {
    const functions = ['idle', 'waiting', 'spinning'].map((name) => aFunction(code, { name, timeoutSeconds: 900 }))
    const argument = JSON.stringify({ model: aCloud({ functions }), logDirectory: temporaryFolder() })
    const flags = ['--input-type=module', '--eval', driver, argument]
    const parent = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface({ input: parent.stdout }), 'line')
    const environments: { pid: number; runTime: string }[] = JSON.parse(line)
    expect(environments.map(({ pid }) => isAlive(pid))).toEqual([true, true, true])

    parent.kill('SIGKILL')

    await eventually(() => expect(environments.filter(({ pid }) => isAlive(pid))).toEqual([]))
    const runTime = environments[0]?.runTime ?? ''
    await eventually(() => expect(existsSync(runTime)).toBe(false))
  })

  it('are gone when stop resolves; what was running has been answered, what comes later is refused', async () => {
    const slow = `export const handler = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300)); return process.pid }`
    const { compute } = await aCompute({ functions: [aFunction(slow)] })
    const warm = (await call(compute)).value
    const running = call(compute)
    await compute.stop()
    expect(await running).toMatchObject({ functionError: null, value: warm })
    expect(isAlive(warm)).toBe(false)
    await expect(call(compute)).rejects.toMatchObject({ name: 'ServiceException', statusCode: 503 })
  })
})
