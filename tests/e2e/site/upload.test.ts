import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page, Request } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { underTest } from '../../support/cloud-under-test.ts'
import {
  type Dropped,
  drop,
  enterGallery,
  holdStorage,
  overflow,
  picture,
  rowOf,
  uploads,
  violations,
} from '../../support/site.ts'
import { upload } from '../../support/uploading.ts'

describe('uploading in the browser', () => {
  it('takes files that are dropped on it, and shows each from its placeholder to its thumbnail', async () => {
    const page = await enterGallery()
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
    const { url, admin_email, admin_password } = underTest().cloud
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const known = await picture('Known')
    await upload(api, known.bytes, known.name)
    const page = await enterGallery()
    const puts: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'PUT') puts.push(request.url())
    })
    await drop(page, [known])
    await uploads(page).getByText('1 already here').waitFor({ timeout: 30_000 })
    await uploads(page).getByRole('button', { expanded: false }).click()
    await rowOf(page, known)
      .getByRole('link', { name: `Show: ${known.name}` })
      .click()
    await page.getByRole('heading', { level: 1, name: known.name }).waitFor()
    expect(puts).toEqual([])
  })

  it('says why a file was refused, and goes on with the others', async () => {
    const page = await enterGallery()
    const good = await picture('Good')
    const bad = { name: 'letter.jpg', bytes: Buffer.from(`Dear reader, this is no picture. ${good.name}`) }
    await drop(page, [bad, good])
    await uploads(page).getByText('1 uploaded, 1 failed').waitFor({ timeout: 30_000 })
    expect(await rowOf(page, bad).textContent()).toContain('Expected a JPEG')
    expect(await uploads(page).getByRole('button', { name: /Retry/ }).count()).toBe(0)
    await page.getByRole('figure', { name: good.name }).waitFor()
  })

  it('cancels what has not arrived, and sends it after all on request', async () => {
    const page = await enterGallery()
    const storage = await holdStorage(page)
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
    storage.release()
    await uploads(page).getByRole('button', { expanded: false }).click()
    await uploads(page)
      .getByRole('button', { name: `Retry ${slow.name}` })
      .click()
    await uploads(page).getByText('1 uploaded').waitFor({ timeout: 30_000 })
  })

  it('stops all bytes when it is paused, and begins them anew when it goes on', async () => {
    const page = await enterGallery()
    const storage = await holdStorage(page)
    const [begun, given]: [string[], string[]] = [[], []]
    const watch = (urls: string[]) => (request: Request) => request.method() === 'PUT' && urls.push(request.url())
    page.on('request', watch(begun))
    page.on('requestfailed', watch(given))
    const files = [await picture('Interrupted'), await picture('Interrupted')]
    await drop(page, files)
    await expect.poll(() => begun.length, { timeout: 20_000 }).toBe(2)
    await uploads(page).getByRole('button', { name: 'Pause', exact: true }).click()
    await uploads(page).getByText('Paused; 2 photos to go').waitFor()
    await expect.poll(() => given.length, { timeout: 20_000 }).toBe(2)
    expect(await rowOf(page, files[0] as Dropped).textContent()).toContain('Paused')
    storage.release()
    await uploads(page).getByRole('button', { name: 'Resume' }).click()
    await uploads(page).getByText('2 uploaded').waitFor({ timeout: 30_000 })
  })

  it('offers what a reload interrupted, and brings it to its end', async () => {
    const page = await enterGallery()
    const storage = await holdStorage(page)
    const files = await Promise.all(['One', 'Two', 'Three'].map(picture))
    await drop(page, files)
    await expect.poll(() => keptUploads(page), { timeout: 20_000 }).toBe(3)
    await page.reload()
    await uploads(page).getByText('3 uploads were interrupted.').waitFor({ timeout: 20_000 })
    storage.release()
    await uploads(page).getByRole('button', { name: 'Continue' }).click()
    await uploads(page).getByText('3 uploaded').waitFor({ timeout: 30_000 })
    for (const { name } of files) await page.getByRole('figure', { name }).waitFor({ timeout: 30_000 })
    await expect.poll(() => keptUploads(page), { timeout: 20_000 }).toBe(0)
  })

  it('asks for the files again that the browser had no room to keep, and knows them when it sees them', async () => {
    const prepare = (page: Page) =>
      page.addInitScript('navigator.storage.estimate = async () => ({ quota: 0, usage: 0 })')
    const page = await enterGallery({ prepare })
    const storage = await holdStorage(page)
    const folder = await mkdtemp(join(tmpdir(), 'glowworm-large-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    const large = await picture('Large')
    const path = join(folder, large.name)
    await writeFile(path, large.bytes)
    const chooser = page.locator('header input[multiple][accept="image/*"]')
    await chooser.setInputFiles(path)
    await expect.poll(() => keptUploads(page), { timeout: 20_000 }).toBe(1)
    await page.reload()
    storage.release()
    await uploads(page).getByText('An upload was interrupted.').waitFor({ timeout: 20_000 })
    await uploads(page).getByRole('button', { name: 'Continue' }).click()
    await uploads(page).getByText(`This browser had no room to keep ${large.name}. Choose it again`).waitFor()
    await uploads(page).locator('input').setInputFiles(path)
    await uploads(page).getByText('1 uploaded').waitFor({ timeout: 30_000 })
    expect(await uploads(page).getByText('no room').count()).toBe(0)
    await expect.poll(() => keptUploads(page), { timeout: 20_000 }).toBe(0)
  })

  it('offers what was interrupted to one page at a time, until it is discarded', async () => {
    const page = await enterGallery()
    await holdStorage(page)
    await drop(page, [await picture('Abandoned'), await picture('Abandoned')])
    await expect.poll(() => keptUploads(page), { timeout: 20_000 }).toBe(2)
    await page.reload()
    const offer = 'were interrupted'
    await uploads(page).getByText(offer).waitFor({ timeout: 20_000 })
    const other = await page.context().newPage()
    await other.goto(underTest().cloud.url)
    // It waits for its turn.
    await expect
      .poll(() => other.evaluate('navigator.locks.query().then(({ pending }) => pending.length)'), { timeout: 20_000 })
      .toBe(1)
    expect(await uploads(other).count()).toBe(0)
    await page.close()
    await uploads(other).getByText(offer).waitFor()
    await uploads(other).getByRole('button', { name: 'Discard' }).click()
    await uploads(other).waitFor({ state: 'detached' })
    await expect.poll(() => keptUploads(other), { timeout: 20_000 }).toBe(0)
  })

  it('stays with a page when another one hears late that its own session has ended', async () => {
    const asleep = await enterGallery()
    const page = await asleep.context().newPage()
    // It heard that long ago, and has signed in again since.
    await page.addInitScript('globalThis.BroadcastChannel = class extends EventTarget { postMessage() {} }')
    await page.goto(underTest().cloud.url)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    await holdStorage(page)
    await drop(page, [await picture('Next session')])
    await expect.poll(() => keptUploads(page), { timeout: 20_000 }).toBe(1)
    await drop(asleep, [await picture('Last session')])
    await expect.poll(() => keptUploads(page), { timeout: 20_000 }).toBe(2)
    await asleep.evaluate("new BroadcastChannel('glowworm-session').postMessage({ kind: 'signed out' })")
    await asleep.getByLabel('Password').waitFor()
    await expect.poll(() => keptUploads(page), { timeout: 20_000 }).toBe(1)
    await uploads(page).getByText('Uploading 1 photo').waitFor()
  })

  it('waits while there is no network, says so, and goes on by itself', async () => {
    const page = await enterGallery()
    const storage = await holdStorage(page)
    await drop(page, [await picture('Offline')])
    await uploads(page)
      .getByRole('progressbar', { name: /Progress of Offline/ })
      .waitFor()
    await page.context().setOffline(true)
    await uploads(page).getByText('Waiting for the network; 1 photo to go').waitFor()
    storage.release()
    await page.context().setOffline(false)
    await uploads(page).getByText('1 uploaded').waitFor({ timeout: 30_000 })
  })

  it('goes on whatever page is shown', async () => {
    const page = await enterGallery()
    const shown = await picture('Elsewhere')
    const storage = await holdStorage(page)
    await drop(page, [shown])
    await uploads(page).getByText('Uploading 1 photo').waitFor()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('region', { name: 'Gallery' }).waitFor({ state: 'detached' })
    await uploads(page).getByText('Uploading 1 photo').waitFor()
    storage.release()
    await uploads(page).getByText('1 uploaded').waitFor({ timeout: 30_000 })
  })

  it('takes what is pasted, chosen, in a folder, or taken with the camera, and skips what is no photo', async () => {
    const page = await enterGallery()
    const [pasted, chosen, taken, inside] = await Promise.all(['Pasted', 'Chosen', 'Taken', 'Inside'].map(picture))
    if (!pasted || !chosen || !taken || !inside) throw new Error('Expected four pictures')
    const file = ({ name, bytes }: Dropped) => ({ name, mimeType: 'image/jpeg', buffer: bytes })
    await drop(page, [pasted], 'paste')
    await page.locator('header input[multiple][accept="image/*"]').setInputFiles(file(chosen))
    await page.locator('header input[capture]').setInputFiles(file(taken))
    await uploads(page).getByText('3 uploaded').waitFor({ timeout: 30_000 })

    const folder = await mkdtemp(join(tmpdir(), 'glowworm-folder-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await mkdir(join(folder, 'deeper'))
    await writeFile(join(folder, 'deeper', inside.name), inside.bytes)
    for (const name of ['.DS_Store', 'notes.txt', 'film.mov']) await writeFile(join(folder, name), 'not a photo')
    await page.locator('header input[webkitdirectory]').setInputFiles(folder)
    await uploads(page).getByText('4 uploaded').waitFor({ timeout: 30_000 })
    await uploads(page).getByText('2 files that are no photos were skipped.').waitFor()
  })

  it.each(['light', 'dark'] as const)(
    'leaves a phone its screen, and tells more on request, in %s',
    async (colorScheme) => {
      const page = await enterGallery({
        colorScheme,
        viewport: { width: 360, height: 740 },
        hasTouch: true,
        isMobile: true,
      })
      await holdStorage(page)
      const files = await Promise.all(['Small', 'Smaller', 'Smallest'].map(picture))
      await drop(page, [...files, { name: 'notes.txt', bytes: Buffer.from('no photo') }])
      await uploads(page).getByText('notes.txt is no photo and was skipped.').waitFor()
      await uploads(page)
        .getByRole('button', { name: /^Dismiss/ })
        .click()
      await uploads(page).getByText('Uploading 3 photos').waitFor()
      const height = async () => (await uploads(page).boundingBox())?.height ?? Number.POSITIVE_INFINITY
      expect(await height()).toBeLessThan(740 / 5)
      await uploads(page).getByRole('button', { expanded: false }).click()
      for (const dropped of files) await rowOf(page, dropped).waitFor()
      expect(await violations(page)).toEqual([])
      expect(await overflow(page)).toBe(0)
      await uploads(page).getByRole('button', { name: 'Cancel all' }).click()
    },
  )
})

/** How many uploads this browser would know of after a reload. */
const keptUploads = (page: Page): Promise<number> =>
  page.evaluate(`new Promise((resolve, reject) => {
    const opening = indexedDB.open('glowworm-uploads')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const count = opening.result.transaction('uploads').objectStore('uploads').count()
      count.onsuccess = () => { opening.result.close(); resolve(count.result) }
    }
  })`)
