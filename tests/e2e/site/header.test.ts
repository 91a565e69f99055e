import { describe, expect, it } from 'vitest'
import {
  drop,
  enter,
  enterGallery,
  holdStorage,
  openAccount,
  picture,
  uploads,
  violations,
} from '../../support/site.ts'

describe('the header', () => {
  it.each([1280, 360])(
    'leads to every page by keyboard, and says which one is shown, %d pixels wide',
    async (width) => {
      const page = await enter('/', { viewport: { width, height: 740 } })
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
    const page = await enter()
    await openAccount(page)
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Sign out' }).waitFor({ state: 'hidden' })
    const account = page.getByRole('button', { name: 'Account' })
    expect(await account.evaluate((button) => button.matches(':focus'))).toBe(true)
  })

  it('asks before it signs out somebody whose photos are on their way', async () => {
    const page = await enterGallery()
    await holdStorage(page)
    const signedOut: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('/logout')) signedOut.push(request.url())
    })
    await drop(page, [await picture('Parting')])
    await uploads(page).getByText('Uploading 1 photo').waitFor()
    await openAccount(page)
    await page.getByRole('button', { name: 'Sign out' }).click()
    const question = page.getByRole('alertdialog')
    await question.getByText('1 photo has not arrived yet.').waitFor()
    expect(await violations(page)).toEqual([])
    await question.getByRole('button', { name: 'Stay' }).click()
    await question.waitFor({ state: 'detached' })
    expect(signedOut).toEqual([])
    await uploads(page).getByRole('button', { name: 'Cancel all' }).click()
  })
})

describe('a site that was renewed', () => {
  it('comes with the next page, whose old files are gone', async () => {
    const page = await enterGallery()
    let loads = 0
    page.on('request', (request) => {
      if (request.isNavigationRequest()) loads++
    })
    // As after a build: another version, and other names of files.
    await page.route('**/_app/version.json', (route) => route.fulfill({ json: { version: 'newer' } }))
    await page.route(/\/_app\/immutable\/nodes\//, (route) =>
      loads === 0 ? route.fulfill({ status: 404 }) : route.continue(),
    )
    await page.evaluate("dispatchEvent(new Event('focus'))")
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    expect(loads).toBe(1)
  })
})
