import { describe, expect, it } from 'vitest'
import { furtherReads, HeaderReader, headBytes, rangeOf } from './header-reader.ts'
import { CountingSource } from './testing/counting-source.ts'

/** Bytes that say where they stand. */
const numbered = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, index) => index % 251)

async function opened(size: number) {
  const source = new CountingSource(numbered(size))
  return { source, reader: await HeaderReader.open(source) }
}

describe('the header reader', () => {
  it('reads nothing of an empty file', async () => {
    const { source } = await opened(0)
    expect(source.reads).toBe(0)
  })

  it('answers from the head without reading again', async () => {
    const { source, reader } = await opened(1_000_000)
    expect((await reader.view(headBytes - 2, 2)).getUint8(1)).toBe((headBytes - 1) % 251)
    expect(source).toMatchObject({ reads: 1, bytesRead: headBytes })
  })

  it('reads once for what stands together, also across the end of the head', async () => {
    const { source, reader } = await opened(1_000_000)
    expect((await reader.view(headBytes - 2, 4)).getUint8(3)).toBe((headBytes + 1) % 251)
    expect((await reader.view(headBytes + 50_000, 4)).getUint8(0)).toBe((headBytes + 50_000) % 251)
    expect(source.reads).toBe(2)
  })

  it('reads the whole end of a file with one read, whichever part of it comes first', async () => {
    const { source, reader } = await opened(1_000_000)
    expect((await reader.view(999_990, 10)).getUint8(9)).toBe(999_999 % 251)
    expect((await reader.view(900_000, 1)).getUint8(0)).toBe(900_000 % 251)
    expect(source.reads).toBe(2)
  })

  it('doubles every further read, and then stops', async () => {
    const { source, reader } = await opened(30_000_000)
    for (let read = 1; read <= furtherReads.length; read++) await reader.view(read * 4_100_000, 1)
    expect(source).toMatchObject({ reads: 7, bytesRead: 8 * 1024 * 1024 - headBytes })
    await expect(reader.view(29_000_000, 1)).rejects.toMatchObject({ code: 'corrupt_image' })
  })

  it('takes a larger read at once for a longer view', async () => {
    const { source, reader } = await opened(2_000_000)
    await reader.view(100_000, 600_000)
    expect(source.reads).toBe(2)
  })

  it('refuses what is beyond the file', async () => {
    const { reader } = await opened(100)
    await expect(reader.view(99, 2)).rejects.toMatchObject({ code: 'corrupt_image' })
  })

  it('refuses what the source says to have but does not give', async () => {
    const short = { size: 1000, read: async () => new Uint8Array(10) }
    const reader = await HeaderReader.open(short)
    await expect(reader.view(500, 2)).rejects.toMatchObject({ code: 'corrupt_image' })
  })

  it('lets the failure of a read through as it is', async () => {
    const failure = new Error('storage is away')
    const failing = { size: 1000, read: () => Promise.reject(failure) }
    await expect(HeaderReader.open(failing)).rejects.toBe(failure)
  })

  it('refuses a header of endlessly many parts', async () => {
    const { reader } = await opened(100)
    const views = async () => {
      for (;;) await reader.view(0, 1)
    }
    await expect(views()).rejects.toMatchObject({ code: 'corrupt_image' })
  })
})

describe('a range', () => {
  it('shows no byte outside of it', async () => {
    const { reader } = await opened(100)
    const range = rangeOf(reader, 10, 20)
    expect((await range.view(19, 1)).getUint8(0)).toBe(29)
    await expect(range.view(19, 2)).rejects.toMatchObject({ code: 'corrupt_image' })
  })

  it('ends where the whole ends', async () => {
    const { reader } = await opened(100)
    expect(rangeOf(reader, 90, 20).size).toBe(10)
    expect(rangeOf(reader, 200).size).toBe(0)
  })
})
