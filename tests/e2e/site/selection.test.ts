import type { ImagePage } from '@glowworm/events/http-api'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { underTest } from '../../support/cloud-under-test.ts'
import { type Dropped, enter, enterGallery, overflow, picture, uploads, violations } from '../../support/site.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

async function signedInApi(): Promise<ApiClient> {
  const { url, admin_email, admin_password } = underTest().cloud
  return ApiClient.signIn(url, admin_email, admin_password)
}

/** Photos that no other test has, and a search that finds them alone, in the order of their names. */
async function uploaded(api: ApiClient, count: number) {
  const batch = `Batch ${crypto.randomUUID().slice(0, 8)}`
  const photos: Dropped[] = []
  for (let number = 1; number <= count; number++) {
    const { bytes } = await picture(batch)
    photos.push({ name: `${batch} ${number}.jpg`, bytes })
    await upload(api, bytes, `${batch} ${number}.jpg`)
  }
  await Promise.all(photos.map(({ bytes }) => settled(api, sha256(bytes))))
  return { photos, address: `/?${new URLSearchParams({ q: batch, sort: 'original_filename' })}` }
}

let common: ReturnType<typeof uploaded> | undefined
/** Five photos for all tests that leave them as they are. */
function five(): ReturnType<typeof uploaded> {
  common ??= signedInApi().then((api) => uploaded(api, 5))
  return common
}

async function show(address: string, count: number, options: Parameters<typeof enter>[1] = {}): Promise<Page> {
  const page = await enter(address, options)
  await expect.poll(() => tiles(page).count(), { timeout: 30_000 }).toBe(count)
  return page
}

const tiles = (page: Page) => page.getByRole('grid', { name: 'Photos' }).locator('[data-photo]')
const tile = (page: Page, { name }: Dropped | undefined = { name: '', bytes: Buffer.of() }) =>
  page.getByRole('figure', { name })
/** Numbers, by name, of the photos that are selected. */
const selected = async (page: Page) =>
  (await page.locator('[data-photo][aria-selected="true"] a').allTextContents()).map((name) => Number(name.at(-5)))
const bar = (page: Page) => page.getByRole('toolbar', { name: 'Selected photos' })

describe('selecting photos', () => {
  it('goes by clicks, with Control for one more and Shift for a range', async () => {
    const { photos, address } = await five()
    const page = await show(address, 5)
    await tile(page, photos[1]).hover()
    await tile(page, photos[1]).getByRole('checkbox').click()
    await tile(page, photos[3]).click({ modifiers: ['Shift'] })
    expect(await selected(page)).toEqual([2, 3, 4])
    await tile(page, photos[2]).click({ modifiers: ['ControlOrMeta'] })
    expect(await selected(page)).toEqual([2, 4])
    // While some are selected, a click is about the selection.
    await tile(page, photos[0]).click()
    expect(await selected(page)).toEqual([1, 2, 4])
    await bar(page).getByText('3 selected').waitFor()
    await bar(page).getByRole('button', { name: 'Select all' }).click()
    expect(await selected(page)).toEqual([1, 2, 3, 4, 5])
    await bar(page).getByRole('button', { name: 'Clear the selection' }).click()
    expect(await selected(page)).toEqual([])
    await tile(page, photos[0]).getByRole('link').click()
    await page.getByRole('heading', { level: 1, name: photos[0]?.name ?? '' }).waitFor()
  })

  it.each(['grid', 'list'])('goes by keys alone in the %s', async (view) => {
    const { address } = await five()
    const page = await show(`${address}&view=${view}`, 5)
    await page.getByRole('grid', { name: 'Photos' }).focus()
    const focused = () => page.evaluate('document.activeElement.textContent.trim()')
    await expect.poll(focused, { timeout: 20_000 }).toMatch(/ 1\.jpg$/)
    const forward = view === 'grid' ? 'ArrowRight' : 'ArrowDown'
    await page.keyboard.press(forward)
    await expect.poll(focused, { timeout: 20_000 }).toMatch(/ 2\.jpg$/)
    await page.keyboard.press('Space')
    expect(await selected(page)).toEqual([2])
    await page.keyboard.press(`Shift+${forward}`)
    await page.keyboard.press('Shift+End')
    expect(await selected(page)).toEqual([2, 3, 4, 5])
    await page.keyboard.press('Escape')
    expect(await selected(page)).toEqual([])
    await page.keyboard.press('ControlOrMeta+a')
    expect(await selected(page)).toEqual([1, 2, 3, 4, 5])
    expect(await violations(page)).toEqual([])
    expect(await overflow(page)).toBe(0)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Home')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: / 1\.jpg$/ }).waitFor()
  })
})

describe('deleting many photos', () => {
  it('takes them away at once, and brings them back untouched', async () => {
    const { photos, address } = await five()
    const page = await show(address, 5)
    const told: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/bulk-delete')) told.push(request.url())
    })
    await tile(page, photos[0]).click({ modifiers: ['ControlOrMeta'] })
    await tile(page, photos[1]).click({ modifiers: ['ControlOrMeta'] })
    await page.keyboard.press('Delete')
    await expect.poll(() => tiles(page).count(), { timeout: 20_000 }).toBe(3)
    await page.getByText('2 photos deleted').waitFor()
    expect(await violations(page)).toEqual([])
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => tiles(page).count(), { timeout: 20_000 }).toBe(5)
    await page.reload()
    await expect.poll(() => tiles(page).count(), { timeout: 30_000 }).toBe(5)
    expect(told).toEqual([])
  })

  it('is done in earnest when nobody takes it back, in every browser that looks on', async () => {
    const api = await signedInApi()
    const { photos, address } = await uploaded(api, 3)
    const [page, other] = [await show(address, 3), await show(address, 3)]
    await tile(page, photos[0]).click({ modifiers: ['ControlOrMeta'] })
    await tile(page, photos[2]).click({ modifiers: ['Shift'] })
    await tile(page, photos[1]).click({ modifiers: ['ControlOrMeta'] })
    await bar(page).getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await expect.poll(() => tiles(other).count(), { timeout: 30_000 }).toBe(1)
    await tile(other, photos[1]).waitFor()
    await expect(api.getImage(sha256(photos[0]?.bytes ?? Buffer.of()))).rejects.toMatchObject({ status: 404 })
  })

  it('is done in earnest when the page is left, even if the session had to be renewed for it', async () => {
    const api = await signedInApi()
    const { photos, address } = await uploaded(api, 1)
    const page = await show(address, 1)
    await tile(page, photos[0]).click({ modifiers: ['ControlOrMeta'] })
    await page.context().clearCookies({ name: 'glowworm_access' })
    const renewed = page.waitForResponse('**/api/auth/me')
    await page.keyboard.press('Delete')
    await page.getByText('1 photo deleted').waitFor()
    await renewed
    await page.goto('about:blank')
    const gone = () =>
      api.getImage(sha256(photos[0]?.bytes ?? Buffer.of())).then(
        () => 200,
        ({ status }) => status,
      )
    await expect.poll(gone, { timeout: 30_000 }).toBe(404)
  })

  it('brings back what the server keeps, and says why', async () => {
    const { photos, address } = await five()
    const page = await show(address, 5)
    await page.route('**/api/images/bulk-delete', async (route) => {
      const { ids } = route.request().postDataJSON() as { ids: string[] }
      const error = { code: 'service_unavailable', message: 'Storage did not answer. Try again soon.' }
      await route.fulfill({ json: { results: ids.map((id) => ({ id, status: 'failed', error })) } })
    })
    await tile(page, photos[0]).click({ modifiers: ['ControlOrMeta'] })
    await page.keyboard.press('Delete')
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await page.getByText(`${photos[0]?.name}: Storage did not answer.`).waitFor()
    await expect.poll(() => tiles(page).count(), { timeout: 20_000 }).toBe(5)
  })
})

describe('the list', () => {
  it('tells what each photo is, and is put into order by its heads', { timeout: 120_000 }, async () => {
    const { photos, address } = await five()
    const page = await show(address, 5)
    await page.getByRole('link', { name: 'List' }).click()
    const row = page.getByRole('row').filter({ hasText: photos[0]?.name ?? '' })
    await row.getByText('1200 × 800').waitFor()
    await row.getByText('Glowworm Factory').waitFor()
    await row.locator('img.thumbnail').waitFor()
    const head = page.getByRole('columnheader', { name: 'Name' })
    expect(await head.getAttribute('aria-sort')).toBe('ascending')
    await head.getByRole('link').click()
    await expect.poll(() => tiles(page).first().textContent(), { timeout: 20_000 }).toContain(photos[4]?.name)
    expect(await head.getAttribute('aria-sort')).toBe('descending')
    expect(new URL(page.url()).searchParams.get('view')).toBe('list')
  })
})

describe('retrying many photos', () => {
  it('has those processed again that may succeed, and leaves the others alone', { timeout: 120_000 }, async () => {
    const { photos, address } = await five()
    // As if a worker had crashed over the first.
    const prepare = (page: Page) =>
      page.route('**/api/images?*', async (route) => {
        const answer = await route.fetch()
        const { items, ...rest } = (await answer.json()) as ImagePage
        const error = { code: 'worker_crashed', message: 'The worker stopped.', stage: null } as const
        const crashed = { processing_status: 'failed', processing_error: error } as const
        const first = sha256(photos[0]?.bytes ?? Buffer.of())
        await route.fulfill({ json: { items: items.map((i) => (i.id === first ? { ...i, ...crashed } : i)), ...rest } })
      })
    const page = await show(address, 5, { prepare })
    await page.keyboard.press('ControlOrMeta+a')
    await bar(page).getByText('5 selected').waitFor()
    const asked = page.waitForRequest('**/api/images/retry-failed')
    await bar(page).getByRole('button', { name: 'Retry 1 failed' }).click()
    expect((await asked).postDataJSON()).toEqual({ ids: [sha256(photos[0]?.bytes ?? Buffer.of())] })
    // The server knows better: it has not failed.
    await page.getByText('1 photo could not be retried').waitFor()
    await page.getByText(`${photos[0]?.name}: This image has not failed`).waitFor()
  })
})

describe('selecting more than is shown', () => {
  it('fetches the rest, page after page', async () => {
    const { photos, address } = await five()
    const one = await (await signedInApi()).getImage(sha256(photos[0]?.bytes ?? Buffer.of()))
    const many = 600
    const numbered = (number: number) => ({
      ...one,
      id: number.toString(16).padStart(64, '0'),
      original_filename: `${photos[0]?.name} ${String(number).padStart(4, '0')}`,
    })
    const prepare = async (page: Page) => {
      await page.route(/\/api\/images\/[0-9a-f]{64}$/, (route) =>
        route.fulfill({ json: { data: numbered(Number.parseInt(route.request().url().slice(-8), 16)) } }),
      )
      await page.route('**/api/images?*', (route) => {
        const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0)
        const items = Array.from({ length: 100 }, (_, index) => numbered(from + index))
        return route.fulfill({ json: { items, next_cursor: from + 100 < many ? String(from + 100) : null } })
      })
    }
    const page = await enter(address, { prepare })
    await tiles(page).first().waitFor()
    await page.keyboard.press('ControlOrMeta+a')
    await bar(page)
      .getByText(/^All \d+ shown are selected$/)
      .waitFor()
    await bar(page).getByRole('button', { name: 'Select the rest too' }).click()
    await bar(page).getByText(`${many} selected`, { exact: true }).waitFor({ timeout: 30_000 })
  })
})

describe('on a phone', () => {
  it('uploads by the picker, selects by touch, deletes and takes that back', { timeout: 180_000 }, async () => {
    const api = await signedInApi()
    const page = await enterGallery({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })
    const [first, second] = [await picture('Pocket'), await picture('Pocket')]
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Upload photos' }).first().tap()
    const files = [first, second].map(({ name, bytes }) => ({ name, mimeType: 'image/jpeg', buffer: bytes }))
    await (await chooser).setFiles(files)
    await uploads(page).getByText('2 uploaded').waitFor({ timeout: 60_000 })
    await tile(page, first).locator('img.thumbnail').waitFor({ timeout: 60_000 })
    await uploads(page).getByRole('button', { name: 'Clear' }).tap()
    await tile(page, first).getByRole('checkbox').tap()
    await tile(page, second).tap({ position: { x: 70, y: 90 } })
    await bar(page).getByText('2 selected').waitFor()
    expect(await overflow(page)).toBe(0)
    expect(await violations(page)).toEqual([])
    await bar(page).getByRole('button', { name: 'Delete' }).tap()
    await tile(page, first).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).tap()
    for (const photo of [first, second]) await tile(page, photo).waitFor()
    for (const { bytes } of [first, second]) expect((await settled(api, sha256(bytes))).id).toBe(sha256(bytes))
  })
})
