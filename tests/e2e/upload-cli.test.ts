import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { localUnderTest, underTest } from '../support/cloud-under-test.ts'
import { makePicture } from '../support/pictures.ts'

const root = join(import.meta.dirname, '../..')

function uploadCli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return uploadFrom(undefined, ...args)
}

/** As npm runs it for somebody who is in `folder`: in the folder of the package, with a hint where that somebody was. */
function uploadFrom(folder: string | undefined, ...args: string[]): ReturnType<typeof uploadCli> {
  const { INIT_CWD: _outer, ...inherited } = process.env
  const env = { ...inherited, ...(folder !== undefined && { INIT_CWD: folder }) }
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['scripts/upload/cli.ts', ...args],
      { cwd: root, env },
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

    const first = await uploadCli('--data', localUnderTest().cloudData, '--json', folder)
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

    const second = await uploadCli('--data', localUnderTest().cloudData, folder)
    expect(second.stdout).toContain('3 duplicate')
    expect(second.stdout).toContain(`${underTest().cloud.url}/media/`)
    expect(second.code).toBe(0)
  })

  it('names each failure with its reason, and ends with 1', async () => {
    await writeFile(join(folder, 'good.jpg'), await makePicture())
    await writeFile(join(folder, 'drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
    const { code, stdout } = await uploadCli('--data', localUnderTest().cloudData, folder)
    expect(stdout).toMatch(/drawing\.svg.*refused.*\n.*unsupported_format/)
    expect(stdout).toMatch(/good\.jpg.*complete/)
    expect(code).toBe(1)
  })

  it('passes over links to nothing, and folders that are named like pictures', async () => {
    await writeFile(join(folder, 'good.jpg'), await makePicture())
    await symlink(join(folder, 'nowhere'), join(folder, 'broken.jpg'))
    await mkdir(join(folder, 'folder.jpg'))
    const { code, stdout } = await uploadCli('--data', localUnderTest().cloudData, join(folder, 'good.jpg'), folder)
    expect(stdout).toMatch(/good\.jpg.*complete/)
    expect(code).toBe(0)
  })

  it('says in clear words when nothing is running, and ends with 2', async () => {
    const { code, stderr } = await uploadCli('--data', folder, folder)
    expect(stderr).toContain('npm start')
    expect(code).toBe(2)
  })

  it('takes paths from where the user is', async () => {
    await writeFile(join(folder, 'here.jpg'), await makePicture())
    const { code, stdout } = await uploadFrom(folder, '--data', localUnderTest().cloudData, 'here.jpg')
    expect(stdout).toMatch(/here\.jpg.*complete/)
    expect(code).toBe(0)
  })

  it('fits a terminal of 100 columns; only URLs are never broken', async () => {
    await writeFile(join(folder, `${'a long name '.repeat(8)}.jpg`), await makePicture())
    await writeFile(join(folder, 'drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
    const { stdout } = await uploadCli('--data', localUnderTest().cloudData, folder)
    const table = stdout.slice(stdout.indexOf('┌'))
    expect(table).toMatch(/^┌/)
    for (const name of ['a long name', 'drawing.svg']) expect(table).toContain(name)
    const lines = table.split('\n')
    const long = lines.filter((line) => stripVTControlCharacters(line).length > 100)
    for (const line of long) expect(stripVTControlCharacters(line)).toMatch(/^http:\S+$|^a long name/)
  })

  it.each([
    ['an option that there is not', ['--colour', 'x.jpg'], /Unknown option '--colour'/],
    ['a URL that is none', ['--url', 'notaurl', 'x.jpg'], /Expected the URL of a site.*notaurl/],
    ['a file that is not there', ['nowhere.jpg'], /There is no .*nowhere\.jpg/],
    ['a folder without pictures', ['.'], /No pictures in \.; passed over 1 other file/],
  ])('says in one line what is wrong with %s, and ends with 2', async (_what, args, words) => {
    await writeFile(join(folder, 'notes.txt'), 'no picture')
    const { code, stdout, stderr } = await uploadFrom(folder, '--data', localUnderTest().cloudData, ...args)
    expect(stderr.trim()).toMatch(words)
    expect(stderr.trim()).not.toContain('\n')
    expect(stdout).toBe('')
    expect(code).toBe(2)
  })

  it('says so when local.json is not what a local cloud writes', async () => {
    await writeFile(join(folder, 'local.json'), '{"url":')
    const { code, stderr } = await uploadCli('--data', folder, folder)
    expect(stderr).toMatch(/local\.json is not what a local cloud writes/)
    expect(code).toBe(2)
  })
})
