import { expect, it } from 'vitest'
import { siteFiles } from './site-files.ts'

const files = (...keys: string[]) =>
  siteFiles(
    '/site',
    keys.map((key) => `/site/${key}`),
  )

it('files with a hash in their names are kept for ever, all others are asked for each time', () => {
  expect(files('index.html', '_app/version.json', '_app/immutable/entry/start.Ab12.js')).toEqual([
    {
      key: '_app/immutable/entry/start.Ab12.js',
      path: '/site/_app/immutable/entry/start.Ab12.js',
      contentType: 'text/javascript; charset=utf-8',
      cacheControl: 'public, max-age=31536000, immutable',
      isImmutable: true,
    },
    expect.objectContaining({ key: '_app/version.json', contentType: 'application/json', cacheControl: 'no-cache' }),
    expect.objectContaining({ key: 'index.html', contentType: 'text/html; charset=utf-8', cacheControl: 'no-cache' }),
  ])
})

it('pages come last, after everything that they refer to', () => {
  const keys = files('200.html', 'index.html', 'favicon.svg', '_app/immutable/a.css').map(({ key }) => key)
  expect(keys).toEqual(['_app/immutable/a.css', 'favicon.svg', '200.html', 'index.html'])
})

it('a file that is nothing known is refused by name', () => {
  expect(() => files('setup.exe')).toThrow('setup.exe')
})
