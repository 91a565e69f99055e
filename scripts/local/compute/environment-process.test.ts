import { Writable } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { EnvironmentProcess } from './environment-process.ts'
import { prepareRunTimeFiles } from './run-time-files.ts'
import { aFunction } from './testing/compute-fixture.ts'

const failing = () => new Writable({ autoDestroy: false, write: (_chunk, _encoding, done) => done(new Error('full')) })
/** The disk never answers. */
const stalled = () => new Writable({ write: () => undefined })

it.each([
  ['fails', failing],
  ['takes nothing any more', stalled],
])('tells of its end even where its log %s', async (_, aLog) => {
  const files = await prepareRunTimeFiles(process.execPath, null)
  onTestFinished(() => files.remove())
  const log = aLog()
  log.on('error', () => undefined)
  const environment = new EnvironmentProcess(
    aFunction(`process.stdout.write('x'.repeat(1_000_000)); process.exit(3)`),
    {
      awsEndpoint: 'http://127.0.0.1:1',
      nodePath: process.execPath,
      files,
      log,
    },
  )
  onTestFinished(() => environment.kill('stopped'))
  expect(await environment.exited).toMatchObject({ kind: 'exit', code: 3 })
})
