import { type DisplaySizesResponse, imagePage } from '@glowworm/events/http-api'
import type { Page } from 'playwright-core'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { underTest } from '../../support/cloud-under-test.ts'
import {
  changeDisplaySettings,
  displaySettings,
  displaySettingsPath,
  restoreDisplaySettings,
} from '../../support/display-settings.ts'
import { enter, overflow, picture, violationsInBoth } from '../../support/site.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

let api: ApiClient
/** As these tests find the settings, and leave them. */
let original: DisplaySizesResponse
/** A photo that is there whatever other tests do. */
let id: string
beforeAll(async () => {
  const { url, admin_email, admin_password } = underTest().cloud
  api = await ApiClient.signIn(url, admin_email, admin_password)
  original = await displaySettings(api)
  await deleteEverything()
  const { bytes, name } = await picture('Sized')
  id = sha256(bytes)
  await upload(api, bytes, name)
  await settled(api, id)
})

/** What is rendered anew here is rendered of all photos there are, also of those that other tests have left. */
async function deleteEverything(): Promise<void> {
  for (;;) {
    const { items } = imagePage.parse(await api.call('GET', '/api/images?limit=100'))
    if (items.length === 0) return
    await api.call('POST', '/api/images/bulk-delete', { ids: items.map(({ id }) => id) })
  }
}

afterEach(() => restoreDisplaySettings(api, original))

async function open(options: Parameters<typeof enter>[1] = {}): Promise<Page> {
  const page = await enter('/settings', options)
  await row(page, '1080 × 1920').waitFor()
  return page
}

const sizes = (page: Page) => page.getByRole('region', { name: 'Display sizes' })
const sizesAndFormats = ({ display_sizes, formats }: DisplaySizesResponse) => ({ display_sizes, formats })
const row = (page: Page, size: string) => sizes(page).getByRole('listitem').filter({ hasText: size })
const form = (page: Page) => page.getByRole('region', { name: 'Add a size' })
const dialog = (page: Page) => page.getByRole('alertdialog')

async function type(page: Page, width: string, height: string): Promise<void> {
  await form(page).getByLabel('Width').fill(width)
  await form(page).getByLabel('Height').fill(height)
  await form(page).getByLabel('Height').blur()
}

describe('the display sizes', () => {
  it('grow by one that every photo gets, and shrink again with all its files', { timeout: 180_000 }, async () => {
    const { url } = underTest().cloud
    const page = await open()

    await type(page, '320', '240')
    await form(page)
      .getByText(/photos? will be rendered in JPEG and WebP.*that takes/)
      .waitFor()
    await form(page).getByRole('button', { name: 'Add 320 × 240' }).click()
    await form(page).getByText('320 × 240 is added').waitFor()
    await row(page, '320 × 240')
      .getByText(/All of|The one photo/)
      .waitFor({ timeout: 120_000 })
    const image = await settled(api, id)
    const files = ['320x240.jpg', '320x240.webp'].map((name) => `${url}${image.renditions[name]?.url}`)
    for (const file of files) expect((await fetch(file)).status).toBe(200)
    expect((await fetch(`${url}/media/${id}/320x240`)).headers.get('content-type')).toMatch(/^image\//)

    const remove = page.getByRole('button', { name: 'Remove 320 × 240' })
    await remove.click()
    await dialog(page)
      .getByText(/files? in JPEG and .* files? in WebP will be deleted/)
      .waitFor()
    await page.keyboard.press('Escape')
    await dialog(page).waitFor({ state: 'detached' })
    await expect.poll(() => remove.evaluate((button) => button.matches(':focus'))).toBe(true)
    await remove.click()
    await dialog(page).getByRole('button', { name: 'Remove for good' }).click()
    await row(page, '320 × 240').waitFor({ state: 'detached' })
    await expect
      .poll(() => Promise.all(files.map(async (file) => (await fetch(file)).status)), {
        timeout: 120_000,
        interval: 500,
      })
      .not.toContain(200)
    expect(await displaySettings(api)).toMatchObject(sizesAndFormats(original))
  })

  it('take a preset, turned as it hangs', async () => {
    const page = await open()
    await form(page)
      .getByRole('button', { name: /Full HD 1920 × 1080/ })
      .click()
    await form(page).getByRole('button', { name: 'Add 1920 × 1080' }).waitFor()
    await form(page).getByRole('button', { name: 'Turn' }).click()
    await form(page).getByText('1080 × 1920 is on the list already.').waitFor()
  })

  it('do not take what cannot be a size, and say why while it is typed', async () => {
    const page = await open()
    for (const [width, height, words] of [
      ['99999', '', 'Width: 8192 pixels are the most.'],
      ['ten', '', 'Width: Whole numbers only, please.'],
      ['320', '9', 'Height: 16 pixels are the least.'],
      ['1080', '1920', '1080 × 1920 is on the list already.'],
    ] as const) {
      await type(page, width, height)
      await form(page).getByText(words).waitFor()
      await form(page).getByLabel('Height').press('Enter')
    }
    expect(await displaySettings(api)).toMatchObject(sizesAndFormats(original))
  })

  it('are the same in two browsers, and nobody overwrites what somebody else has just changed', async () => {
    const [one, other] = [await open(), await open()]
    await type(one, '64', '48')
    await form(one).getByRole('button', { name: 'Add 64 × 48' }).click()
    await row(other, '64 × 48').waitFor({ timeout: 20_000 })

    // Somebody is quicker by a moment.
    await other.route(`**${displaySettingsPath}`, async (route) => {
      if (route.request().method() === 'PUT') await changeDisplaySettings(api, sizesAndFormats(original))
      await route.continue()
    })
    await type(other, '48', '64')
    await form(other).getByRole('button', { name: 'Add 48 × 64' }).click()
    await form(other).getByText('Somebody else has just changed the settings').waitFor()
    expect(await form(other).getByLabel('Width').inputValue()).toBe('48')
    await row(other, '64 × 48').waitFor({ state: 'detached' })
    await row(one, '64 × 48').waitFor({ state: 'detached', timeout: 20_000 })
    expect(await displaySettings(api)).toMatchObject(sizesAndFormats(original))
  })
})

describe('the output formats', () => {
  it('are changed after a question, and one always stays', async () => {
    const page = await open()
    const avif = page.getByRole('switch', { name: 'AVIF' })
    await avif.click()
    await dialog(page).getByText('in AVIF, behind all other work').waitFor()
    await dialog(page).getByRole('button', { name: 'Make AVIF' }).click()
    await expect.poll(() => avif.isChecked()).toBe(true)
    expect((await displaySettings(api)).formats).toEqual(['jpeg', 'webp', 'avif'])
    for (const name of ['AVIF', 'WebP']) {
      await page.getByRole('switch', { name }).click()
      await dialog(page).getByRole('button', { name: 'Delete these files' }).click()
      await dialog(page).waitFor({ state: 'detached' })
    }
    await page.getByText('One format has to stay.').waitFor()
    await page.getByRole('switch', { name: 'JPEG' }).press(' ')
    expect(await dialog(page).count()).toBe(0)
    expect((await displaySettings(api)).formats).toEqual(['jpeg'])
  })
})

it('says that the settings cannot be loaded, and tries again on request', async () => {
  const page = await enter('/settings', {
    prepare: (page) => page.route(`**${displaySettingsPath}`, (route) => route.abort()),
  })
  await page.getByText('The settings could not be loaded').waitFor()
  await page.unroute(`**${displaySettingsPath}`)
  await page.getByRole('button', { name: 'Try again' }).click()
  await row(page, '1080 × 1920').waitFor()
})

it.each([
  ['light', 1280],
  ['dark', 360],
] as const)('keeps nobody out, in %s and the other colours, %d pixels wide', async (colorScheme, width) => {
  const page = await open({ colorScheme, viewport: { width, height: 740 } })
  await type(page, '320', '9')
  await form(page).getByText('16 pixels are the least').waitFor()
  expect(await violationsInBoth(page, colorScheme)).toEqual([])
  expect(await overflow(page)).toBe(0)
  await page.getByRole('button', { name: 'Remove 1080 × 1920' }).click()
  await dialog(page).getByRole('button', { name: 'Keep it' }).waitFor()
  expect(await violationsInBoth(page, colorScheme)).toEqual([])
  expect(await overflow(page)).toBe(0)
})
