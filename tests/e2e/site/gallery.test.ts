import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { underTest } from '../../support/cloud-under-test.ts'
import { corpusMissing, readCorpus, readPhoto } from '../../support/photo-corpus.ts'
import { makePicture } from '../../support/pictures.ts'
import { type Dropped, drop, enterGallery, picture } from '../../support/site.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

/** A file that begins as a picture and ends too soon. */
const truncated = ({ name, bytes }: Dropped): Dropped => ({ name, bytes: bytes.subarray(0, bytes.length * 0.6) })

/** Real photos as far as they are at hand; each with an ending of its own, so that none is here already. */
async function cameraPhotos(count: number): Promise<readonly Dropped[]> {
  const real = corpusMissing === null ? (await readCorpus()).filter(({ path }) => path.startsWith('camera/')) : []
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const photo = real[number]
      if (photo === undefined) return picture('Camera')
      const ending = randomBytes(8)
      const bytes = Buffer.concat([await readPhoto(photo), ending])
      return { name: `Camera ${ending.toString('hex')}.jpg`, bytes }
    }),
  )
}

/** In the page: what each photo has shown so far, without repetitions. A reload would forget it. */
const noteSteps = `
  globalThis.steps = {}
  new MutationObserver(() => {
    for (const figure of document.querySelectorAll('figure')) {
      const steps = (globalThis.steps[figure.querySelector('a').textContent] ??= [])
      const step = figure.querySelector('img.thumbnail') ? 'thumbnail' : 'placeholder'
      if (steps.at(-1) !== step) steps.push(step)
    }
  }).observe(document.body, { subtree: true, childList: true, attributes: true })
`

describe('the gallery', () => {
  it('shows a photo that arrives, from its placeholder to its thumbnail, without a reload', async () => {
    const { url, admin_email, admin_password } = underTest().cloud
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const page = await enterGallery()

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

  it('takes twelve camera photos at once, and shows each from its placeholder to its thumbnail, in every browser', {
    timeout: 300_000,
  }, async () => {
    const [page, other] = [await enterGallery(), await enterGallery()]
    for (const one of [page, other]) await one.evaluate(noteSteps)
    const photos = await cameraPhotos(12)
    await drop(page, photos)
    for (const one of [page, other]) {
      for (const { name } of photos) {
        const steps = () => one.evaluate((of) => Reflect.get(globalThis, 'steps')[of], name)
        await expect.poll(steps, { timeout: 240_000 }).toEqual(['placeholder', 'thumbnail'])
      }
    }
  })

  it('offers sample photos when it is empty, and takes them in like any other', { timeout: 180_000 }, async () => {
    const prepare = (page: Page) =>
      page.route('**/api/images?*', (route) => route.fulfill({ json: { items: [], next_cursor: null } }))
    const page = await enterGallery({ prepare })
    await page.getByRole('button', { name: 'Add sample photos' }).click()
    await page
      .getByRole('region', { name: 'Uploads' })
      .getByText(/^[1-9]\d* (uploaded|already here)$/)
      .waitFor({ timeout: 60_000 })
    await page.getByRole('figure').first().locator('img.thumbnail').waitFor({ timeout: 60_000 })
  })

  it('loads little script before it is shown', async () => {
    const page = await enterGallery()
    // A pointer that rests over a photo has the photo's page fetched ahead.
    await page.mouse.move(0, 0)
    await page.reload()
    await page
      .getByRole('figure')
      .or(page.getByRole('button', { name: 'Add sample photos' }))
      .first()
      .waitFor()
    const fetched = (await page.evaluate(
      "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js'))",
    )) as string[]
    const scripts = await Promise.all([...new Set(fetched)].map(async (url) => (await fetch(url)).bytes()))
    const sent = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0)
    expect(sent).toBeGreaterThan(10_000)
    expect(sent).toBeLessThanOrEqual(120 * 1024)
  })

  it('shows that processing failed and why, and offers no other attempt at a file that is broken', async () => {
    const page = await enterGallery()
    const whole = await picture('Truncated')
    await drop(page, [truncated(whole)])
    const tile = page.getByRole('figure', { name: whole.name })
    await tile.getByText('Failed').waitFor({ timeout: 60_000 })
    expect(await tile.textContent()).toMatch(/damaged|corrupt|incomplete|cut/i)
    expect(await tile.getByRole('button', { name: /Retry/ }).count()).toBe(0)
  })

  it('tries again on request what failed for a reason that may pass', async () => {
    const { url, admin_email, admin_password } = underTest().cloud
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const broken = truncated(await picture('Crashed'))
    await upload(api, broken.bytes, broken.name)
    await settled(api, sha256(broken.bytes))
    // As if a worker had crashed over it.
    const prepare = (page: Page) =>
      page.route('**/api/images?*', async (route) => {
        const answer = await route.fetch()
        const body = (await answer.text()).replaceAll('corrupt_image', 'worker_crashed')
        await route.fulfill({ response: answer, body })
      })
    const page = await enterGallery({ prepare })
    const tile = page.getByRole('figure', { name: broken.name })
    const retried = page.waitForResponse((response) => response.url().endsWith('/retry-processing'))
    await tile.getByRole('button', { name: `Retry ${broken.name}` }).click()
    expect((await retried).status()).toBe(200)
  })

  it('finds photos by name on the server, and keeps the search in the address', async () => {
    const { url, admin_email, admin_password } = underTest().cloud
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const [wanted, other] = await Promise.all([picture('Needle'), picture('Hay')])
    await Promise.all([upload(api, wanted.bytes, wanted.name), upload(api, other.bytes, other.name)])
    const page = await enterGallery()
    await page.getByRole('figure', { name: other.name }).waitFor()
    // Its words in another order.
    await page.getByRole('searchbox').fill(wanted.name.toUpperCase().split(' ').reverse().join(' '))
    await page.getByRole('figure', { name: other.name }).waitFor({ state: 'detached' })
    await page.getByRole('figure', { name: wanted.name }).waitFor()
    await page.reload()
    await page.getByRole('figure', { name: wanted.name }).waitFor()
    expect(await page.getByRole('figure').count()).toBe(1)
    await page.getByRole('searchbox').fill('nothing is called this')
    await page.getByText('No photo is like that').waitFor()
  })

  it('keeps what is being typed when the status changes before the list has followed', async () => {
    const page = await enterGallery()
    await page.getByRole('searchbox').fill('nothing is called this')
    await page.getByRole('combobox', { name: 'Status' }).selectOption('Failed')
    await page.getByText('No photo is like that').waitFor()
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      q: 'nothing is called this',
      status: 'failed',
    })
    expect(await page.getByRole('searchbox').inputValue()).toBe('nothing is called this')
  })

  it('keeps most of many photos out of the page until they are scrolled to, and out again afterwards', {
    timeout: 180_000,
  }, async () => {
    const { url, admin_email, admin_password } = underTest().cloud
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const one = await picture('One of many')
    await upload(api, one.bytes, one.name)
    const image = await settled(api, sha256(one.bytes))
    const many = 1_200
    const numbered = (number: number) => ({
      ...image,
      id: number.toString(16).padStart(64, '0'),
      original_filename: `${number}.jpg`,
      uploaded_at: new Date(Date.UTC(2001, 0) - number * 1000).toISOString(),
    })
    const prepare = async (page: Page) => {
      await page.route(/\/api\/images\/[0-9a-f]{64}$/, (route) =>
        route.fulfill({ json: { data: numbered(Number.parseInt(route.request().url().slice(-8), 16)) } }),
      )
      await page.route('**/api/images?*', (route) => {
        const asked = new URL(route.request().url()).searchParams
        const [from, limit] = [Number(asked.get('cursor') ?? 0), Number(asked.get('limit'))]
        const items = Array.from({ length: Math.min(limit, many - from) }, (_, index) => numbered(from + index))
        return route.fulfill({ json: { items, next_cursor: from + limit < many ? String(from + limit) : null } })
      })
    }
    const page = await enterGallery({ prepare })
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
})
