import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { underTest } from '../../support/cloud-under-test.ts'
import {
  type Dropped,
  drop,
  holdStorage,
  openAccount,
  picture,
  signIn,
  uploads,
  violations,
  visit,
} from '../../support/site.ts'

describe('signing in', () => {
  it('refuses a wrong password in plain words, and stays where it is', async () => {
    const page = await visit()
    await signIn(page, 'not the password')
    await expect.poll(() => page.getByRole('alert').textContent(), { timeout: 20_000 }).toMatch(/password/i)
    expect(await page.getByLabel('Email').inputValue()).toBe(underTest().cloud.admin_email)
  })

  it('keeps the session in cookies that no script can read, and ends it on request', async () => {
    const page = await visit()
    await signIn(page)
    await openAccount(page)
    await page.getByText(underTest().cloud.admin_email).waitFor()
    const cookies = await page.context().cookies()
    expect(cookies.map(({ name }) => name).sort()).toEqual(['glowworm_access', 'glowworm_refresh'])
    for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict' })
    expect(await page.evaluate(() => Reflect.get(globalThis, 'document').cookie)).toBe('')
    const { localStorage, sessionStorage } = await page.evaluate(() => ({
      localStorage: { ...globalThis.localStorage },
      sessionStorage: JSON.stringify(globalThis.sessionStorage),
    }))
    expect(localStorage).toEqual({})
    for (const { value } of cookies) expect(sessionStorage).not.toContain(value)

    await page.reload()
    await openAccount(page)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
    expect(await page.context().cookies()).toEqual([])
  })

  it('ends in every page of the browser', async () => {
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const other = await page.context().newPage()
    await other.goto(underTest().cloud.url)
    await openAccount(other)
    await other.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
  })

  it('is ended by our own pages only', async () => {
    for (const site of ['cross-site', 'same-site', undefined]) {
      const headers = site === undefined ? {} : { 'sec-fetch-site': site }
      const answer = await fetch(`${underTest().cloud.url}/api/auth/logout`, { method: 'POST', headers })
      expect(answer.status).toBe(403)
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })
})

describe('a session that runs out', () => {
  async function runOut(page: Page, dropped: Dropped): Promise<void> {
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const storage = await holdStorage(page)
    await drop(page, [dropped])
    await uploads(page)
      .getByRole('progressbar', { name: `Progress of ${dropped.name}` })
      .waitFor()
    await page.context().clearCookies()
    storage.release()
    await page.getByRole('dialog', { name: 'Sign in to go on' }).waitFor({ timeout: 20_000 })
  }

  it('is renewed over the page, which stays as it was; uploads go on', async () => {
    const page = await visit()
    const dropped = await picture('Patient')
    await runOut(page, dropped)
    await uploads(page).getByText('Waiting for you to sign in; 1 photo to go').waitFor()
    const again = page.getByRole('dialog', { name: 'Sign in to go on' })
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    expect(await again.getByLabel('Email').inputValue()).toBe(underTest().cloud.admin_email)
    expect(await violations(page)).toEqual([])
    await again.getByLabel('Password').fill(underTest().cloud.admin_password)
    await again.getByRole('button', { name: 'Sign in' }).click()
    await again.waitFor({ state: 'detached' })
    await uploads(page).getByText('1 uploaded').waitFor({ timeout: 30_000 })
  })

  it('leaves nothing to somebody else', async () => {
    const page = await visit()
    await runOut(page, await picture('Private'))
    await page.route('**/api/auth/login', async (route) => {
      const response = await route.fetch()
      const body = await response.json()
      await route.fulfill({ response, json: { ...body, user: { ...body.user, email: 'other@example.org' } } })
    })
    const again = page.getByRole('dialog', { name: 'Sign in to go on' })
    await again.getByLabel('Password').fill(underTest().cloud.admin_password)
    await again.getByRole('button', { name: 'Sign in' }).click()
    await uploads(page).waitFor({ state: 'detached', timeout: 20_000 })
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByText('other@example.org').waitFor()
  })
})
