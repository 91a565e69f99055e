import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { makePicture } from '../support/pictures.ts'

const root = join(import.meta.dirname, '../..')

function uploadCli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['scripts/upload/cli.ts', ...args],
      { cwd: root },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

describe('npm run upload', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glowworm-upload-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('uploads a folder, follows every photo to its end, and ends with 0', async () => {
    const picture = await makePicture()
    await writeFile(join(folder, 'one.jpg'), picture)
    await writeFile(join(folder, 'two.png'), await makePicture({ format: 'png' }))
    await writeFile(join(folder, 'one again.jpg'), picture)

    const first = await uploadCli('--data', inject('cloudData'), '--json', folder)
    expect(first.stderr).toBe('')
    expect(
      JSON.parse(first.stdout)
        .map((outcome: { status: string }) => outcome.status)
        .sort(),
    ).toEqual(['complete', 'complete', 'duplicate'])
    expect(first.code).toBe(0)
    for (const { status, msToThumbnails, msToComplete } of JSON.parse(first.stdout)) {
      if (status === 'complete') expect(msToThumbnails).toBeLessThanOrEqual(msToComplete)
    }

    const second = await uploadCli('--data', inject('cloudData'), folder)
    expect(second.stdout).toContain('3 duplicate')
    expect(second.stdout).toContain(`${inject('cloud').url}/media/`)
    expect(second.code).toBe(0)
  })

  it('names each failure with its reason, and ends with 1', async () => {
    await writeFile(join(folder, 'good.jpg'), await makePicture())
    await writeFile(join(folder, 'drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
    const { code, stdout } = await uploadCli('--data', inject('cloudData'), folder)
    expect(stdout).toMatch(/drawing\.svg.*refused.*unsupported_format/)
    expect(stdout).toMatch(/good\.jpg.*complete/)
    expect(code).toBe(1)
  })

  it('passes over links to nothing, and folders that are named like pictures', async () => {
    await writeFile(join(folder, 'good.jpg'), await makePicture())
    await symlink(join(folder, 'nowhere'), join(folder, 'broken.jpg'))
    await mkdir(join(folder, 'folder.jpg'))
    const { code, stdout } = await uploadCli('--data', inject('cloudData'), join(folder, 'good.jpg'), folder)
    expect(stdout).toMatch(/good\.jpg.*complete/)
    expect(code).toBe(0)
  })

  it('says in clear words when nothing is running, and ends with 2', async () => {
    const { code, stderr } = await uploadCli('--data', folder, folder)
    expect(stderr).toContain('npm start')
    expect(code).toBe(2)
  })
})
