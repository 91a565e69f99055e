import type { Image } from '@glowworm/events/image'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { underTest } from '../../support/cloud-under-test.ts'
import { makePicture } from '../../support/pictures.ts'
import { type Dropped, enter, overflow, picture, violations, violationsInBoth } from '../../support/site.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

function signedIn(): Promise<ApiClient> {
  const { url, admin_email, admin_password } = underTest().cloud
  return ApiClient.signIn(url, admin_email, admin_password)
}

async function uploaded(api: ApiClient, { name, bytes }: Dropped): Promise<Image> {
  await upload(api, bytes, name)
  return settled(api, sha256(bytes))
}

/** The page of a photo, as somebody sees it who came by a link. */
const pageOf = (id: string, options: Parameters<typeof enter>[1] = {}): Promise<Page> => enter(`/images/${id}`, options)

/** Made when it is first asked for, and the same ever after. */
function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => {
    made ??= make()
    return made
  }
}
/** For tests that leave it as it is. */
const somePhoto = once(async () => uploaded(await signedIn(), await picture('Some')))
const someHalves = once(async () => uploaded(await signedIn(), await halves('Some halves')))

/** Red on the left, blue on the right; no two have the same bytes. */
async function halves(name: string): Promise<Dropped> {
  const half = { width: 800, height: 800, channels: 3 } as const
  const blue = await sharp({ create: { ...half, background: '#0000ff' } })
    .png()
    .toBuffer()
  const bytes = await sharp({ create: { ...half, width: 1600, background: '#ff0000' } })
    .composite([{ input: blue, left: 800, top: 0 }])
    .withExif({ IFD0: { ImageDescription: crypto.randomUUID() } })
    .jpeg()
    .toBuffer()
  return { name: `${name} ${sha256(bytes).slice(0, 8)}.jpg`, bytes }
}

/** Which half each side of a picture shows. */
async function sidesOf(bytes: Buffer): Promise<string> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const colorAt = (share: number) => {
    const at = (Math.floor(info.height / 2) * info.width + Math.floor(share * info.width)) * info.channels
    return (data[at] ?? 0) > (data[at + 2] ?? 0) ? 'red' : 'blue'
  }
  return `${colorAt(0.1)} ${colorAt(0.9)}`
}

async function variantOf(image: Image, name: string): Promise<Buffer> {
  const response = await fetch(new URL(image.renditions[name]?.url ?? '', underTest().cloud.url))
  expect(response.status).toBe(200)
  return Buffer.from(await response.arrayBuffer())
}

const marker = (page: Page) => page.getByRole('slider', { name: 'Focal point' })
const preview = (page: Page, size: string) => page.getByRole('listitem').filter({ hasText: size }).locator('.screen')

describe('the focal point', () => {
  it('moves by keys; the previews show at once, and the variants after saving, what a display will show', async () => {
    const api = await signedIn()
    const before = await uploaded(api, await halves('Halves'))
    expect(await sidesOf(await variantOf(before, '1080x1920.jpg'))).toBe('red blue')
    const page = await pageOf(before.id)
    await page.getByText('the centre').waitFor()
    const seen = preview(page, '1080 × 1920')
    await seen.locator('img').evaluate((image) => Reflect.apply(Reflect.get(image, 'decode'), image, []))
    expect(await sidesOf(await seen.screenshot())).toBe('red blue')

    await page.getByRole('button', { name: 'Move the focal point' }).press('Enter')
    await expect.poll(() => marker(page).getAttribute('aria-valuetext')).toBe('50 % from the left, 50 % from the top')
    for (const key of ['Shift+ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'ArrowLeft', 'ArrowUp']) {
      await page.keyboard.press(key)
    }
    expect(await marker(page).getAttribute('aria-valuetext')).toBe('19 % from the left, 49 % from the top')
    await expect.poll(async () => sidesOf(await seen.screenshot())).toBe('red red')

    const told = page.getByText('Making the files for your displays anew').waitFor()
    await page.keyboard.press('Enter')
    await told
    await page.getByText('Every display has the new crop.').waitFor({ timeout: 60_000 })
    const after = await api.getImage(before.id)
    expect(after.focal_point).toEqual({ x: 0.19, y: 0.49 })
    expect(after.renditions['1080x1920.jpg']?.url).not.toBe(before.renditions['1080x1920.jpg']?.url)
    expect(after.renditions['600.jpg']?.url).toBe(before.renditions['600.jpg']?.url)
    expect(await sidesOf(await variantOf(after, '1080x1920.jpg'))).toBe('red red')
  })

  it('is dragged to a place, thrown away with Escape, and goes back to the centre', async () => {
    const [api, image] = [await signedIn(), await someHalves()]
    const page = await pageOf(image.id)
    await page.getByRole('button', { name: 'Move the focal point' }).click()
    const box = await marker(page).locator('..').boundingBox()
    if (box === null) throw new Error('Expected a picture under the marker')
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.8, box.y + box.height * 0.3, { steps: 4 })
    await page.mouse.up()
    await expect.poll(() => marker(page).getAttribute('aria-valuetext')).toBe('80 % from the left, 30 % from the top')
    expect(await sidesOf(await preview(page, '1038 × 1278').screenshot())).toBe('blue blue')
    await page.getByRole('button', { name: 'Centre' }).click()
    expect(await marker(page).getAttribute('aria-valuetext')).toBe('50 % from the left, 50 % from the top')
    await marker(page).press('Escape')
    await marker(page).waitFor({ state: 'detached' })
    expect((await api.getImage(image.id)).revision).toBe(image.revision)
  })

  it('tells which displays have more pixels than the photo', async () => {
    const image = await someHalves()
    const page = await pageOf(image.id)
    await page.getByRole('listitem').filter({ hasText: '1080 × 1920' }).getByText('Enlarged 2.4 ×').waitFor()
  })
})

describe('the title', () => {
  it('is given in place, stands in the gallery and after a reload, and can be taken away', async () => {
    const api = await signedIn()
    const { id, original_filename: name } = await somePhoto()
    const title = `Evening ${id.slice(0, 8)}`
    const page = await pageOf(id)
    await page.getByRole('button', { name: 'Add a title' }).press('Enter')
    await page.getByRole('textbox', { name: 'Title' }).fill('Not this')
    await page.keyboard.press('Escape')
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('textbox', { name: 'Title' }).fill(`  ${title} `)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
    await page.getByRole('link', { name: 'Back to the gallery' }).click()
    await page.getByRole('figure', { name: title }).getByRole('link').click()
    await page.getByRole('button', { name: 'Edit title' }).click()
    await page.getByRole('textbox', { name: 'Title' }).fill(' ')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { level: 1, name }).waitFor()
    expect((await api.getImage(id)).title).toBeNull()
  })
})

describe('the large view', () => {
  const shownWidth = (page: Page) =>
    page
      .getByRole('dialog')
      .locator('img.shown')
      .evaluate((image) => Number(Reflect.get(image, 'naturalWidth')))
  const title = (page: Page, { name }: Dropped) => page.getByRole('dialog').getByRole('heading', { name }).waitFor()

  it('shows the original, goes through the gallery by keys, and closes where it arrived', async () => {
    const api = await signedIn()
    const word = `Row${Date.now().toString(36)}`
    const [third, second, first] = [await picture(word), await picture(word), await picture(word)]
    for (const { bytes, name } of [third, second, first]) await upload(api, bytes, name)
    const page = await enter(`/?q=${word}`, { viewport: { width: 800, height: 600 } })
    await page.getByRole('figure', { name: first.name }).getByRole('link').click()
    await page.getByRole('button', { name: 'View large' }).click()
    await title(page, first)
    await page.getByRole('dialog').locator('img.shown').waitFor()
    expect(await shownWidth(page)).toBe(1200)
    expect(await page.getByRole('button', { name: 'Previous photo' }).isDisabled()).toBe(true)

    await page.keyboard.press('ArrowRight')
    await title(page, second)
    await page.keyboard.press('ArrowRight')
    await title(page, third)
    expect(await page.getByRole('button', { name: 'Next photo' }).isDisabled()).toBe(true)
    await page.keyboard.press('ArrowLeft')
    await title(page, second)

    await page.getByRole('button', { name: '100 %' }).click()
    await expect
      .poll(() =>
        page
          .getByRole('dialog')
          .locator('.frame')
          .evaluate((frame) => Reflect.get(frame, 'clientWidth')),
      )
      .toBe(1200)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('heading', { level: 1, name: second.name }).waitFor()
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('View large')
  })

  it('says why it shows a thumbnail only', async () => {
    const bytes = await makePicture({ width: 900, height: 600, format: 'tiff' })
    const image = await uploaded(await signedIn(), { name: `Scan ${sha256(bytes).slice(0, 8)}.tif`, bytes })
    const page = await pageOf(image.id)
    await page.getByText('Browsers cannot show TIFF files').waitFor()
    await page.getByRole('button', { name: 'View large' }).click()
    await page.getByRole('dialog').getByText('Browsers cannot show TIFF files').waitFor()
  })

  it('stays with the thumbnail where the original does not come, and tries again on request', async () => {
    const image = await somePhoto()
    const page = await pageOf(image.id, { viewport: { width: 800, height: 600 } })
    await page.route('**/original', (route) => route.abort())
    await page.getByRole('button', { name: 'View large' }).click()
    await page.getByText('The original could not be loaded').waitFor()
    await page.unroute('**/original')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('dialog').locator('img.shown').waitFor()
  })
})

describe('the page of a photo', () => {
  it('tells everything of one photo, and deletes it, with a way back', async () => {
    const api = await signedIn()
    const shown = await picture('Shown')
    const image = await uploaded(api, shown)
    const page = await enter()
    await page.getByRole('figure', { name: shown.name }).getByRole('link').click()
    await page.getByText('That stays private').waitFor()
    for (const [name, { url: path }] of Object.entries(image.renditions)) {
      expect(await page.getByRole('link', { name, exact: true }).getAttribute('href')).toBe(path)
    }
    for (const step of ['Uploaded', 'Taken by a worker', 'Thumbnails ready', 'Ready for every display']) {
      await page.getByRole('listitem').filter({ hasText: step }).waitFor()
    }
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    await page.getByRole('figure', { name: shown.name }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('figure', { name: shown.name }).getByRole('link').click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await expect.poll(() => api.getImage(image.id).catch(({ status }) => status), { timeout: 20_000 }).toBe(404)
  })

  it('copies the short address of a file, or the exact one, and both work', async () => {
    const { url } = underTest().cloud
    const image = await somePhoto()
    const page = await pageOf(image.id, { permissions: ['clipboard-read', 'clipboard-write'] })
    const clipboard = () => page.evaluate('navigator.clipboard.readText()')
    await page.getByRole('button', { name: 'Copy the address of 1080x1920.webp' }).click()
    await expect.poll(clipboard).toBe(`${url}/media/${image.id}/1080x1920.webp`)
    await page.getByRole('button', { name: 'More addresses of 1080x1920.webp' }).press('Enter')
    await page.getByRole('menuitem', { name: 'Copy exact address' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect.poll(clipboard).toBe(`${url}${image.renditions['1080x1920.webp']?.url}`)
    await page.getByRole('status').filter({ hasText: 'The exact address of 1080x1920.webp was copied' }).waitFor()
    const [short, exact] = await Promise.all(
      [`/media/${image.id}/1080x1920.webp`, image.renditions['1080x1920.webp']?.url ?? ''].map(async (path) => {
        const response = await fetch(new URL(path, url))
        return [response.headers.get('content-type'), Buffer.from(await response.arrayBuffer()).toString('hex')]
      }),
    )
    expect(short?.[0]).toBe('image/webp')
    expect(short).toEqual(exact)
  })

  it('explains what is wrong with a photo that failed, and offers only what can help', async () => {
    const whole = await picture('Cut')
    const bytes = whole.bytes.subarray(0, whole.bytes.length * 0.6)
    const image = await uploaded(await signedIn(), { name: whole.name, bytes })
    expect(image.processing_error?.code).toBe('corrupt_image')
    const page = await pageOf(image.id)
    await page.getByRole('heading', { name: 'The file is damaged' }).waitFor()
    const notice = page.getByRole('alert').filter({ hasText: 'The file is damaged' })
    expect(await notice.textContent()).toContain(image.processing_error?.message)
    expect(await notice.getByRole('button', { name: /Retry/ }).count()).toBe(0)
    await page.getByRole('listitem').filter({ hasText: 'Failed' }).waitFor()
    expect(await page.getByRole('link', { name: 'Download the original' }).getAttribute('href')).toBe(
      `/api/images/${image.id}/original`,
    )
    expect(await violations(page)).toEqual([])
    expect(await overflow(page)).toBe(0)
  })

  it.each([
    ['light', 1280],
    ['dark', 360],
  ] as const)('keeps nobody out, in %s, %d pixels wide', async (colorScheme, width) => {
    const image = await somePhoto()
    const page = await pageOf(image.id, { colorScheme, viewport: { width, height: 740 } })
    const holds = async () => {
      expect(await violations(page)).toEqual([])
      expect(await overflow(page)).toBe(0)
    }
    await page.getByRole('button', { name: 'More addresses of 600.webp' }).waitFor()
    expect(await violationsInBoth(page, colorScheme)).toEqual([])
    await page.getByRole('button', { name: 'Move the focal point' }).click()
    await marker(page).waitFor()
    await page.getByRole('button', { name: 'Add a title' }).click()
    await holds()
    await page.getByRole('button', { name: 'Cancel' }).first().click()
    await marker(page).press('Escape')
    await page.getByRole('button', { name: 'More addresses of 600.webp' }).click()
    await page.getByRole('menuitem').first().waitFor()
    await holds()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'View large' }).click()
    await page.getByRole('dialog').locator('img.shown').waitFor()
    await holds()
    await page.getByRole('button', { name: '100 %' }).click()
    await holds()
  })
})
