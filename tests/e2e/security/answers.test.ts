import { describe, expect, it } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { underTest } from '../../support/cloud-under-test.ts'
import { makePicture } from '../../support/pictures.ts'
import { rawRequest } from '../../support/raw-request.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

const get = (path: string) => rawRequest(underTest().cloud.url + path)

/** A policy, by directive. */
const directives = (policy: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    policy.split(/\s*;\s*/).flatMap((directive) => {
      const [name = '', ...sources] = directive.split(/\s+/)
      return name === '' ? [] : [[name, sources.join(' ')]]
    }),
  )

const onEveryAnswer = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

describe('every answer of the site', () => {
  it.each([
    ['the page', '/'],
    ['a page within it', '/images/x'],
    ['a file that is not there', '/nothing.js'],
    ['an answer of the API', '/api/health'],
    ["a refusal in the gateway's own words", '/api/images'],
    ['a route that does not exist', '/api/nothing'],
    ['a short address that leads nowhere', '/media/x/150'],
    ['a rendition that does not exist', `/media/${'f'.repeat(64)}/150.00000000.jpg`],
  ])('says how it wants to be treated: %s', async (_what, path) => {
    const { headers } = await get(path)
    expect(headers).toMatchObject(onEveryAnswer)
    expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/)
    expect(headers).not.toHaveProperty('x-powered-by')
    expect(headers).not.toHaveProperty('server')
  })

  it('lets nothing run in what is no page', async () => {
    for (const path of ['/api/health', '/api/images', '/media/x/150']) {
      const policy = directives(String((await get(path)).headers['content-security-policy']))
      expect(policy).toEqual({ 'default-src': "'none'", 'frame-ancestors': "'none'", sandbox: '' })
    }
  })

  it('lets a page run its own scripts and styles only, and speak to its own places only', async () => {
    const { headers, text } = await get('/')
    const inPage = /http-equiv="content-security-policy" content="([^"]+)"/i.exec(text)?.[1] ?? ''
    const page = directives(inPage)
    const header = directives(String(headers['content-security-policy']))
    expect(page['default-src']).toBe("'none'")
    expect(page['script-src']).toMatch(/^'self'( 'sha256-[\w+/=]+')*$/)
    expect(page['style-src']).toBe("'self'")
    expect(inPage + headers['content-security-policy']).not.toMatch(/unsafe-(inline|eval)|\*/)
    expect(header).toMatchObject({ 'object-src': "'none'", 'base-uri': "'none'", 'form-action': "'self'" })
    const reachable = (header['connect-src'] ?? '').split(' ').filter((source) => source !== "'self'")
    for (const source of reachable) expect(source).toMatch(/^(http|ws):\/\/(127\.0\.0\.1|localhost):\d+/)
  })

  it('gives the original away as a file, never as a page, and from another host', async () => {
    const { url, admin_email, admin_password } = underTest().cloud
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const picture = await makePicture({ width: 40, height: 30 })
    await upload(api, picture, '"><script>alert(1)</script>.html')
    await settled(api, sha256(picture))
    const redirect = await rawRequest(`${url}/api/images/${sha256(picture)}/original`, {
      headers: { authorization: `Bearer ${api.accessToken}` },
    })
    const location = new URL(String(redirect.headers.location))
    expect(location.origin).not.toBe(new URL(url).origin)
    const { headers } = await rawRequest(location.href)
    expect(headers['content-type']).toBe('image/jpeg')
    expect(headers['content-disposition']).toMatch(/^attachment; filename="[^"\\]*"(; filename\*=UTF-8''[\w%.~-]+)?$/)
  })
})
