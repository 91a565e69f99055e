import AxeBuilder from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
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
async function visit(colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const context = await browser.newContext({ colorScheme })
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

describe('the site', () => {
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
    const thumbnail = page.getByRole('figure', { name }).locator('img[loading=lazy]')
    await thumbnail.waitFor({ timeout: 60_000 })
    const image = await settled(api, sha256(bytes))
    expect(await thumbnail.getAttribute('src')).toBe(image.renditions['300.webp']?.url)
    await expect
      .poll(() => thumbnail.evaluate((element) => Reflect.get(element, 'naturalWidth')), { timeout: 20_000 })
      .toBe(300)
  })

  it.each(['light', 'dark'] as const)('has nothing that keeps people out, in %s', async (scheme) => {
    const page = await visit(scheme)
    await page.getByLabel('Password').waitFor()
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  })
})
