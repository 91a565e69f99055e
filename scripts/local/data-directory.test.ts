import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DataDirectory, DataInUse, DataIsForeign, type LocalCloudFacts } from './data-directory.ts'

let path: string
const opened: DataDirectory[] = []
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), 'glowworm-data-')), 'data')
})
afterEach(async () => {
  for (const directory of opened.splice(0)) await directory.close()
  await rm(join(path, '..'), { recursive: true, force: true })
})

async function open(): Promise<DataDirectory> {
  const directory = await DataDirectory.open(path)
  opened.push(directory)
  return directory
}

function facts(pid: number): LocalCloudFacts {
  const aws = 'http://127.0.0.1:1'
  return {
    url: 'http://localhost:2',
    api_url: 'http://localhost:2/api',
    ws_url: 'ws://localhost:2/ws',
    admin_email: 'admin@example.com',
    admin_password: 'secret',
    pid,
    steering_token: 'token',
    endpoints: { s3: aws, sqs: aws, sns: aws, dynamodb: aws, lambda: aws },
  }
}

describe('a data directory', () => {
  it('is not taken where other things lie, for a reset would delete them', async () => {
    await mkdir(join(path, 's3'), { recursive: true })
    await expect(DataDirectory.open(path)).rejects.toThrow(DataIsForeign)
  })

  it.each<[where: string, pathOf: (file: string) => string]>([
    ['for a file', (file) => file],
    ['below a file', (file) => join(file, 'data')],
    // Where there is no /proc, root alone could make this folder.
    ['where nobody can make folders', () => '/proc/glowworm/data'],
  ])('is refused in plain words %s', async (_where, pathOf) => {
    const file = join(path, '..', 'a-file')
    await writeFile(file, '')
    await expect(DataDirectory.open(pathOf(file))).rejects.toThrow(/(needs? a folder|cannot hold data).* --data/)
  })

  it('has one holder at a time, and says who it is', async () => {
    const first = await open()
    await expect(DataDirectory.open(path)).rejects.toThrow(DataInUse)
    await first.announce(facts(4711))
    await expect(DataDirectory.open(path)).rejects.toThrow('process 4711')
    await opened.pop()?.close()
    await open()
  })

  it('is free again when its holder was killed, whatever that left behind', async () => {
    const holder = spawn(process.execPath, [
      '--input-type=module-typescript',
      '--eval',
      `import { DataDirectory } from ${JSON.stringify(join(import.meta.dirname, 'data-directory.ts'))}
       const directory = await DataDirectory.open(${JSON.stringify(path)})
       await directory.announce({ pid: process.pid })
       console.log('open')
       setInterval(() => directory.path, 1000)`,
    ])
    await once(holder.stdout, 'data')
    await expect(DataDirectory.open(path)).rejects.toThrow(`process ${holder.pid}`)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    await open()
    expect(existsSync(join(path, 'local.json'))).toBe(false)
  })

  it('announces what its owner alone may read, and takes it back', async () => {
    const directory = await open()
    await directory.announce(facts(1))
    expect(JSON.parse(await readFile(join(path, 'local.json'), 'utf8'))).toEqual(facts(1))
    if (process.platform !== 'win32') expect((await stat(join(path, 'local.json'))).mode & 0o777).toBe(0o600)
    await opened.pop()?.close()
    expect(existsSync(join(path, 'local.json'))).toBe(false)
  })

  it('keeps its password, which is random', async () => {
    const directory = await open()
    const password = await directory.adminPassword()
    expect(password).toMatch(/^Gw7-[\w-]{20}$/)
    expect(await directory.adminPassword()).toBe(password)
    if (process.platform !== 'win32') expect((await stat(join(path, 'admin.json'))).mode & 0o777).toBe(0o600)
    await directory.reset()
    expect(await directory.adminPassword()).not.toBe(password)
  })

  it('keeps its port as long as nobody else has it', async () => {
    const directory = await open()
    const port = await directory.endpointPort()
    expect(await directory.endpointPort()).toBe(port)
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
    const next = await directory.endpointPort()
    expect(next).not.toBe((other.address() as AddressInfo).port)
    await new Promise((resolve) => other.close(resolve))
    expect(await directory.endpointPort()).toBe(next)
  })

  it('deletes on reset only what local clouds have put there', async () => {
    const directory = await open()
    await directory.adminPassword()
    await writeFile(join(path, 'diary.txt'), 'mine')
    await directory.reset()
    expect((await readdir(path)).toSorted()).toEqual(['diary.txt', 'lock'])
  })
})
