import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findFiles } from './find-files.ts'

describe('finding the files to upload', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'glowworm-files-'))
    await mkdir(join(folder, 'holiday'))
    for (const name of ['b.JPG', 'holiday/a.heic', 'notes.txt', '.hidden.jpg']) await writeFile(join(folder, name), 'x')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('takes the pictures of a folder and its folders, and counts what it passes over', async () => {
    const { files, passedOver } = await findFiles([folder])
    expect(files.map((file) => file.label)).toEqual(['b.JPG', join('holiday', 'a.heic')])
    expect(passedOver).toBe(1)
  })

  it('takes whatever is named itself, picture or not', async () => {
    const { files } = await findFiles([join(folder, 'notes.txt')])
    expect(files).toMatchObject([{ name: 'notes.txt', size: 1 }])
  })

  it('takes a file once, even when it is named twice', async () => {
    const { files } = await findFiles([folder, join(folder, 'b.JPG')])
    expect(files).toHaveLength(2)
  })

  it('names a path that does not exist', async () => {
    await expect(findFiles([join(folder, 'nothing')])).rejects.toThrow(/There is no .*nothing/)
  })
})
