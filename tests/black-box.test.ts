import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { blackBox, emulatorsOnly, endpointOnly, localOnly } from './support/black-box.ts'

it('every end-to-end test runs against what is deployed, or says in tests/support/black-box.ts why not', async () => {
  const files = await readdir(join(import.meta.dirname, 'e2e'), { recursive: true })
  const tests = files.filter((file) => file.endsWith('.test.ts')).map((file) => file.replaceAll('\\', '/'))
  expect([...blackBox, ...Object.keys(emulatorsOnly), ...Object.keys(localOnly)].toSorted()).toEqual(tests.toSorted())
})

it('what is tested at endpoints alone is run there, and says why not elsewhere', async () => {
  expect(Object.keys(endpointOnly)).toEqual(await readdir(join(import.meta.dirname, 'endpoint')))
})
