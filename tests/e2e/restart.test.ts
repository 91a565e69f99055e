import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../scripts/client/eventually.ts'
import { type RunningCloud, startCloud } from '../../scripts/local/cloud-process.ts'
import { makePicture } from '../support/pictures.ts'
import { descendantsOf, isAlive } from '../support/processes.ts'
import { checkRenditions } from '../support/rendition-checks.ts'
import { settled, sha256, upload } from '../support/uploading.ts'

let cloud: RunningCloud
beforeAll(async () => {
  cloud = await startCloud()
})
afterAll(() => cloud.dispose())

describe('the local cloud', { timeout: 240_000 }, () => {
  it.each([
    ['a stop', () => cloud.stop()],
    ['a kill -9', () => cloud.kill()],
  ])('has everything again after %s: images, files, sign-in', async (_how, end) => {
    const before = await cloud.signIn()
    const bytes = await makePicture()
    await upload(before, bytes)
    const image = await settled(before, sha256(bytes))

    await end()
    cloud = await startCloud(cloud.dataDirectory)

    const after = await cloud.signIn()
    expect(await after.getImage(image.id)).toEqual(image)
    await checkRenditions(after, image)
  })

  it('finishes what was accepted when it was killed', async () => {
    const before = await cloud.signIn()
    const sent = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const bytes = await makePicture({ width: 3000, height: 2000 })
        await upload(before, bytes)
        return sha256(bytes)
      }),
    )
    await cloud.kill()
    cloud = await startCloud(cloud.dataDirectory)
    const after = await cloud.signIn()
    for (const id of sent) expect(await settled(after, id, 200_000)).toMatchObject({ processing_status: 'complete' })
  })

  it('does not start a second time on the same data, and says who has it', async () => {
    const { code, output } = await run('scripts/start.ts', '--port', '0', '--data', cloud.dataDirectory)
    expect(code).not.toBe(0)
    expect(output).toContain(String(cloud.facts.pid))
  })

  it.each([
    ['stops', () => cloud.stop()],
    ['is killed', () => cloud.kill()],
  ])('leaves no process behind when it %s', async (_how, end) => {
    await (await cloud.signIn()).listImages()
    const family = await descendantsOf(cloud.facts.pid)
    expect(family.length).toBeGreaterThan(1)
    await end()
    await eventually('every process to be gone', () => (family.some(isAlive) ? null : true), 20_000)
    cloud = await startCloud(cloud.dataDirectory)
  })

  it('ends when the program that started it is killed', async () => {
    await cloud.stop()
    const { starter, pid } = await startElsewhere(cloud.dataDirectory)
    const family = [pid, ...(await descendantsOf(pid))]
    starter.kill('SIGKILL')
    await eventually('every process to be gone', () => (family.some(isAlive) ? null : true), 20_000)
    cloud = await startCloud(cloud.dataDirectory)
  })
})

/** By a program of its own. @returns it, and the pid of the local cloud */
async function startElsewhere(dataDirectory: string): Promise<{ starter: ChildProcess; pid: number }> {
  const module = JSON.stringify(join(import.meta.dirname, '../../scripts/local/cloud-process.ts'))
  const program = `
    const { startCloud } = await import(${module})
    const { facts } = await startCloud(${JSON.stringify(dataDirectory)})
    console.log(facts.pid)`
  const starter = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(starter, 'exit').then(([code]) => Promise.reject(new Error(`The starter ended with ${code}`)))
  // Later it is killed, and that is as it should be.
  ended.catch(() => {})
  const [printed] = await Promise.race([once(starter.stdout, 'data'), ended])
  return { starter, pid: Number(printed) }
}

function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: join(import.meta.dirname, '../..') })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
    child.on('error', reject)
    child.on('exit', (code) => resolve({ code, output }))
  })
}
