import { describe, expect, inject, it } from 'vitest'
import { openAccount, signIn, visit } from '../../support/site.ts'

describe('signing in', () => {
  it('refuses a wrong password in plain words, and stays where it is', async () => {
    const page = await visit()
    await signIn(page, 'not the password')
    await expect.poll(() => page.getByRole('alert').textContent(), { timeout: 20_000 }).toMatch(/password/i)
    expect(await page.getByLabel('Email').inputValue()).toBe(inject('cloud').admin_email)
  })

  it('keeps the session in cookies that no script can read, and ends it on request', async () => {
    const page = await visit()
    await signIn(page)
    await openAccount(page)
    await page.getByText(inject('cloud').admin_email).waitFor()
    const cookies = await page.context().cookies()
    expect(cookies.map(({ name }) => name).sort()).toEqual(['glowworm_access', 'glowworm_refresh'])
    for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict' })
    expect(await page.evaluate(() => ({ ...globalThis.localStorage }))).toEqual({})

    await page.reload()
    await openAccount(page)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('Password').waitFor()
    expect(await page.context().cookies()).toEqual([])
  })
})
