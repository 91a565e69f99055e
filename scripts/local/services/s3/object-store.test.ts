import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../../client/eventually.ts'
import { temporaryDirectory } from '../testing/services-under-test.ts'
import { ObjectStore } from './object-store.ts'

const plain = () => ({ contentType: 'text/plain', headers: {}, metadata: {}, checksum: null })

async function storeUnderTest(directory?: string) {
  const where = directory ?? (await temporaryDirectory())
  const store = ObjectStore.open(where, ['b'])
  onTestFinished(() => store.close())
  const put = (key: string, content = key) => store.write('b', key, Readable.from([Buffer.from(content)]), plain)
  const get = async (key: string) => {
    const found = await store.read('b', key)
    return found === null ? null : await text(found.body)
  }
  const files = async () => {
    const entries = await readdir(join(where, 'files'), { recursive: true, withFileTypes: true })
    return entries.filter((entry) => entry.isFile()).length
  }
  return { store, put, get, files, where }
}

describe('an object store', () => {
  test('finishes reading what is replaced or deleted meanwhile', async () => {
    const { store, put, get, files } = await storeUnderTest()
    await put('k', 'old')
    const first = await store.read('b', 'k')
    await put('k', 'new')
    const second = await store.read('b', 'k')
    await store.delete('b', 'k')
    expect(first === null ? null : await text(first.body)).toBe('old')
    expect(second === null ? null : await text(second.body)).toBe('new')
    expect(await get('k')).toBeNull()
    expect(await files()).toBe(0)
  })

  test('keeps the old object when writing the new one fails', async () => {
    const { store, put, get, files } = await storeUnderTest()
    await put('k', 'old')
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half')
        throw new Error('broken off')
      })(),
    )
    await expect(store.write('b', 'k', broken, plain)).rejects.toThrow('broken off')
    const refuse = () => {
      throw new Error('refused')
    }
    await expect(store.write('b', 'k', Readable.from([Buffer.from('new')]), plain, refuse)).rejects.toThrow('refused')
    expect(await get('k')).toBe('old')
    expect(await files()).toBe(1)
  })

  test('removes on opening what a killed process was writing', async () => {
    const { store, put, files, where } = await storeUnderTest()
    await put('k', 'kept')
    const endless = Readable.from(
      (async function* () {
        yield Buffer.from('half')
        await new Promise(() => {})
      })(),
    )
    void store.write('b', 'k', endless, plain).catch(() => {})
    await eventually('the second file', async () => ((await files()) === 2 ? true : null))
    const reopened = await storeUnderTest(where)
    expect(await files()).toBe(1)
    expect(await reopened.get('k')).toBe('kept')
    endless.destroy()
  })

  test('survives many writers of few keys', async () => {
    const { store, put, get, files } = await storeUnderTest()
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const key = `k${n % 3}`
        await (n % 5 === 0 ? store.delete('b', key) : put(key, `${key} ${n}`))
        const content = await get(key)
        if (content !== null) expect(content.startsWith(key)).toBe(true)
      }),
    )
    expect(await files()).toBe(
      store.list('b', { prefix: '', delimiter: '', after: Buffer.alloc(0), limit: 10 }).objects.length,
    )
  })
})

describe('a listing', () => {
  const keyPart = fc.constantFrom('a', 'b', '/', 'ä', '😀', '\uffff', '.')
  const someKey = fc.array(keyPart, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))

  test('of any keys, paged anyhow, is complete, in order and folded', async () => {
    const property = fc.asyncProperty(
      fc.uniqueArray(someKey, { minLength: 1, maxLength: 25 }),
      fc.constantFrom('', 'a', 'a/', 'ä'),
      fc.constantFrom('', '/', 'b'),
      fc.integer({ min: 1, max: 4 }),
      async (keys, prefix, delimiter, limit) => {
        const { store, put } = await storeUnderTest()
        for (const key of keys) await put(key)
        const listed: string[] = []
        let after: Uint8Array = Buffer.alloc(0)
        for (;;) {
          const page = store.list('b', { prefix, delimiter, after, limit })
          const entries = [...page.objects.map((info) => info.key), ...page.commonPrefixes]
          expect(entries.length).toBeLessThanOrEqual(limit)
          listed.push(...entries.sort(byBytes))
          if (page.next === null) break
          expect(entries).toHaveLength(limit)
          after = page.next
        }
        expect(listed).toEqual(expectedListing(keys, prefix, delimiter))
      },
    )
    await fc.assert(property, { numRuns: 40 })
  })
})

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

function expectedListing(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const entries = keys
    .filter((key) => key.startsWith(prefix))
    .map((key) => {
      const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
      return at === -1 ? key : key.slice(0, at + delimiter.length)
    })
  return [...new Set(entries)].sort(byBytes)
}
