import { describe, expect, it } from 'vitest'
import { openAccount, signIn, visit } from '../../support/site.ts'

describe('the header', () => {
  it.each([1280, 360])(
    'leads to every page by keyboard, and says which one is shown, %d pixels wide',
    async (width) => {
      const page = await visit({ viewport: { width, height: 740 } })
      await signIn(page)
      const places = page.getByRole('navigation', { name: 'Main' })
      await places.waitFor()
      for (const name of ['Activity', 'Settings', 'Gallery']) {
        const link = places.getByRole('link', { name })
        await link.press('Enter')
        await page.getByRole('heading', { level: 1, name }).waitFor({ state: 'attached' })
        await expect.poll(() => link.getAttribute('aria-current')).toBe('page')
        expect(await places.locator('[aria-current]').count()).toBe(1)
      }
    },
  )

  it('closes the account menu on Escape, and gives the focus back', async () => {
    const page = await visit()
    await signIn(page)
    await openAccount(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Sign out' }).waitFor({ state: 'hidden' })
    const account = page.getByRole('button', { name: 'Account' })
    expect(await account.evaluate((button) => button.matches(':focus'))).toBe(true)
  })
})
