import AxeBuilder from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { ApiClient } from '../../scripts/client/api-client.ts'
import { launchBrowser } from '../../scripts/demo/launch-browser.ts'
import { makePicture } from '../support/pictures.ts'
import { settled, sha256, upload } from '../support/uploading.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

/** A fresh visitor; fails the test if the page breaks its own policy or throws. */
async function visit(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext(options)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) faults.push(message.text())
  })
  onTestFinished(() => expect(faults).toEqual([]))
  await page.goto(inject('cloud').url)
  return page
}

async function signIn(page: Page, password = inject('cloud').admin_password): Promise<void> {
  await page.getByLabel('Email').fill(inject('cloud').admin_email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** A file as a browser sees it. */
interface Dropped {
  readonly name: string
  readonly bytes: Buffer
}

/** Lets go of files over the page, as a file manager would. */
async function drop(page: Page, files: readonly Dropped[]): Promise<void> {
  const transfer = await page.evaluateHandle(
    (contents) => {
      const made = new (Reflect.get(globalThis, 'DataTransfer'))()
      for (const { name, base64 } of contents) {
        made.items.add(new File([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], name))
      }
      return made
    },
    files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') })),
  )
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer })
}

async function picture(prefix: string): Promise<Dropped> {
  const bytes = await makePicture({ width: 1200, height: 800, gps: true })
  return { name: `${prefix} ${sha256(bytes).slice(0, 8)}.jpg`, bytes }
}

const uploads = (page: Page) => page.getByRole('region', { name: 'Uploads' })
const rowOf = (page: Page, { name }: Dropped) => uploads(page).getByRole('listitem').filter({ hasText: name })

async function violations(page: Page) {
  const { violations: found } = await new AxeBuilder({ page }).analyze()
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Whether anything reaches over the side of the screen. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')

// Once more, because a browser that shares two cores with a cloud at times loses a race against the clock. Twice in a row is a fault.
describe('the site', { retry: 1 }, () => {
  it('refuses a wrong password in plain words, and stays where it is', async () => {
    const page = await visit()
    await signIn(page, 'not the password')
    await expect.poll(() => page.getByRole('alert').textContent(), { timeout: 20_000 }).toMatch(/password/i)
    expect(await page.getByLabel('Email').inputValue()).toBe(inject('cloud').admin_email)
  })

  it('keeps the session in cookies that no script can read, and ends it on request', async () => {
    const page = await visit()
    await signIn(page)
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    await page.getByText(inject('cloud').admin_email).waitFor()
    const cookies = await page.context().cookies()
    expect(cookies.map(({ name }) => name).sort()).toEqual(['glowworm_access', 'glowworm_refresh'])
    for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict' })
    expect(await page.evaluate(() => ({ ...globalThis.localStorage }))).toEqual({})

    await page.reload()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
    expect(await page.context().cookies()).toEqual([])
  })

  it('shows a photo that arrives, from its placeholder to its thumbnail, without a reload', async () => {
    const { url, admin_email, admin_password } = inject('cloud')
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()

    const bytes = await makePicture({ width: 1200, height: 800 })
    const name = `Arrival ${sha256(bytes).slice(0, 6)}.jpg`
    await upload(api, bytes, name)
    const thumbnail = page.getByRole('figure', { name }).locator('img.thumbnail')
    await thumbnail.waitFor({ timeout: 60_000 })
    const image = await settled(api, sha256(bytes))
    expect(await thumbnail.getAttribute('src')).toBe(image.renditions['300.webp']?.url)
    await expect
      .poll(() => thumbnail.evaluate((element) => Reflect.get(element, 'naturalWidth')), { timeout: 20_000 })
      .toBeGreaterThan(0)
  })

  it('takes files that are dropped on it, and shows each from its placeholder to its thumbnail', async () => {
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    let loads = 0
    page.on('load', () => loads++)
    const dropped = await Promise.all(Array.from({ length: 6 }, () => picture('Dropped')))
    await drop(page, dropped)
    await uploads(page).getByText('6 uploaded').waitFor({ timeout: 60_000 })
    for (const { name } of dropped) {
      await page.getByRole('figure', { name }).locator('img.thumbnail').waitFor({ timeout: 60_000 })
    }
    expect(loads).toBe(0)
  }, 150_000)

  it('answers a file that is here already before any of its bytes move, and leads to it', async () => {
    const { url, admin_email, admin_password } = inject('cloud')
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const known = await picture('Known')
    await upload(api, known.bytes, known.name)
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const puts: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'PUT') puts.push(request.url())
    })
    await drop(page, [known])
    await uploads(page).getByText('1 already here').waitFor({ timeout: 30_000 })
    await uploads(page).getByRole('button', { expanded: false }).click()
    await rowOf(page, known)
      .getByRole('link', { name: `Show ${known.name}` })
      .click()
    await page.getByRole('heading', { level: 1, name: known.name }).waitFor()
    expect(puts).toEqual([])
  })

  it('says why a file was refused, and goes on with the others', async () => {
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const good = await picture('Good')
    const bad = { name: 'letter.jpg', bytes: Buffer.from(`Dear reader, this is no picture. ${good.name}`) }
    await drop(page, [bad, good])
    await uploads(page).getByText('1 uploaded, 1 failed').waitFor({ timeout: 30_000 })
    expect(await rowOf(page, bad).textContent()).toContain('Expected a JPEG')
    await page.getByRole('figure', { name: good.name }).waitFor()
  })

  it('shows that processing failed, why, and tries again on request', async () => {
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const whole = await picture('Truncated')
    await drop(page, [{ name: whole.name, bytes: whole.bytes.subarray(0, whole.bytes.length * 0.6) }])
    const tile = page.getByRole('figure', { name: whole.name })
    await tile.getByText('Failed').waitFor({ timeout: 60_000 })
    expect(await tile.textContent()).toMatch(/damaged|corrupt|incomplete|cut/i)
    const retried = page.waitForResponse((response) => response.url().endsWith('/retry-processing'))
    await tile.getByRole('button', { name: `Retry ${whole.name}` }).click()
    expect((await retried).status()).toBe(200)
  })

  it('cancels what has not arrived, and sends it after all on request', async () => {
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    // Storage that does not answer until it is let go.
    const held = Promise.withResolvers<void>()
    await page.route(
      (address) => address.searchParams.has('X-Amz-Signature'),
      async (route) => {
        await held.promise
        await route.continue().catch(() => {})
      },
    )
    const slow = await picture('Slow')
    await drop(page, [slow])
    await uploads(page)
      .getByRole('progressbar', { name: `Progress of ${slow.name}` })
      .waitFor()
    // What makes the browser ask before it leaves the page.
    expect(await page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))")).toBe(false)
    await uploads(page)
      .getByRole('button', { name: `Cancel ${slow.name}` })
      .click()
    await uploads(page).getByText('1 canceled').waitFor()
    held.resolve()
    await uploads(page).getByRole('button', { expanded: false }).click()
    await uploads(page)
      .getByRole('button', { name: `Retry ${slow.name}` })
      .click()
    await uploads(page).getByText('1 uploaded').waitFor({ timeout: 30_000 })
  })

  it('finds photos by name on the server, and keeps the search in the address', async () => {
    const { url, admin_email, admin_password } = inject('cloud')
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const [wanted, other] = await Promise.all([picture('Needle'), picture('Hay')])
    await Promise.all([upload(api, wanted.bytes, wanted.name), upload(api, other.bytes, other.name)])
    const page = await visit()
    await signIn(page)
    await page.getByRole('figure', { name: other.name }).waitFor()
    await page.getByRole('searchbox').fill(wanted.name.toUpperCase())
    await page.getByRole('figure', { name: other.name }).waitFor({ state: 'detached' })
    await page.getByRole('figure', { name: wanted.name }).waitFor()
    await page.reload()
    await page.getByRole('figure', { name: wanted.name }).waitFor()
    expect(await page.getByRole('figure').count()).toBe(1)
    await page.getByRole('searchbox').fill('nothing is called this')
    await page.getByText('No photo is like that').waitFor()
  })

  it('keeps most of many photos out of the page until they are scrolled to, and out again afterwards', {
    timeout: 180_000,
  }, async () => {
    const { url, admin_email, admin_password } = inject('cloud')
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const one = await picture('One of many')
    await upload(api, one.bytes, one.name)
    const image = await settled(api, sha256(one.bytes))
    const many = 1_200
    const page = await visit()
    const numbered = (number: number) => ({
      ...image,
      id: number.toString(16).padStart(64, '0'),
      original_filename: `${number}.jpg`,
      uploaded_at: new Date(Date.UTC(2001, 0) - number * 1000).toISOString(),
    })
    await page.route(/\/api\/images\/[0-9a-f]{64}$/, (route) =>
      route.fulfill({ json: { data: numbered(Number.parseInt(route.request().url().slice(-8), 16)) } }),
    )
    await page.route('**/api/images?*', (route) => {
      const asked = new URL(route.request().url()).searchParams
      const [from, limit] = [Number(asked.get('cursor') ?? 0), Number(asked.get('limit'))]
      const items = Array.from({ length: Math.min(limit, many - from) }, (_, index) => numbered(from + index))
      return route.fulfill({ json: { items, next_cursor: from + limit < many ? String(from + limit) : null } })
    })
    await signIn(page)
    await page.getByRole('figure', { name: '0.jpg', exact: true }).waitFor()
    const last = page.getByRole('figure', { name: `${many - 1}.jpg`, exact: true })
    await expect
      .poll(
        async () => {
          await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
          return last.count()
        },
        { timeout: 120_000, interval: 100 },
      )
      .toBe(1)
    expect(await page.getByRole('figure').count()).toBeLessThan(150)
    await last.getByRole('link').click()
    await page
      .getByText('There is no such photo')
      .or(page.getByRole('heading', { name: 'Renditions' }))
      .waitFor()
    await page.goBack()
    await last.waitFor()
  })

  it('tells everything of one photo, and deletes it only when asked twice', async () => {
    const { url, admin_email, admin_password } = inject('cloud')
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const shown = await picture('Shown')
    await upload(api, shown.bytes, shown.name)
    const image = await settled(api, sha256(shown.bytes))
    const page = await visit()
    await signIn(page)
    await page.getByRole('figure', { name: shown.name }).getByRole('link').click()
    await page.getByText('That stays private').waitFor()
    for (const [name, { url: path }] of Object.entries(image.renditions)) {
      expect(await page.getByRole('link', { name, exact: true }).getAttribute('href')).toBe(path)
    }
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    await page.getByRole('figure', { name: shown.name }).waitFor({ state: 'detached' })
    await expect(api.getImage(image.id)).rejects.toMatchObject({ status: 404 })
  })

  it.each([
    ['light', 1280],
    ['dark', 360],
  ] as const)('has nothing that keeps people out, in %s, %d pixels wide', async (colorScheme, width) => {
    const page = await visit({ colorScheme, viewport: { width, height: 740 } })
    await page.getByLabel('Password').waitFor()
    expect(await violations(page)).toEqual([])
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const [dropped, bad] = [await picture('Seen'), { name: 'no picture.jpg', bytes: Buffer.from(`no ${colorScheme}`) }]
    await drop(page, [dropped, bad])
    await uploads(page).getByText('1 uploaded, 1 failed').waitFor({ timeout: 30_000 })
    const tile = page.getByRole('figure', { name: dropped.name })
    await tile.locator('img.thumbnail').waitFor({ timeout: 60_000 })
    expect(await violations(page)).toEqual([])
    expect(await overflow(page)).toBe(0)
    await uploads(page).getByRole('button', { name: 'Clear' }).click()
    await tile.getByRole('link').click()
    await page.getByRole('heading', { name: 'Renditions' }).waitFor()
    expect(await violations(page)).toEqual([])
    expect(await overflow(page)).toBe(0)
    await page.goto(`${inject('cloud').url}/images/${'0'.repeat(64)}`)
    await page.getByText('There is no such photo').waitFor()
    expect(await violations(page)).toEqual([])
  })
})
