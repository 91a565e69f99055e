import { describe, expect, inject, it } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { drop, picture, rowOf, signIn, uploads, visit } from '../../support/site.ts'
import { upload } from '../../support/uploading.ts'

describe('uploading in the browser', () => {
  it('takes files that are dropped on it, and shows each from its placeholder to its thumbnail', async () => {
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
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
    const { url, admin_email, admin_password } = inject('cloud')
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const known = await picture('Known')
    await upload(api, known.bytes, known.name)
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const puts: string[] = []
    page.on('request', (request) => {
      if (request.method() === 'PUT') puts.push(request.url())
    })
    await drop(page, [known])
    await uploads(page).getByText('1 already here').waitFor({ timeout: 30_000 })
    await uploads(page).getByRole('button', { expanded: false }).click()
    await rowOf(page, known)
      .getByRole('link', { name: `Show ${known.name}` })
      .click()
    await page.getByRole('heading', { level: 1, name: known.name }).waitFor()
    expect(puts).toEqual([])
  })

  it('says why a file was refused, and goes on with the others', async () => {
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const good = await picture('Good')
    const bad = { name: 'letter.jpg', bytes: Buffer.from(`Dear reader, this is no picture. ${good.name}`) }
    await drop(page, [bad, good])
    await uploads(page).getByText('1 uploaded, 1 failed').waitFor({ timeout: 30_000 })
    expect(await rowOf(page, bad).textContent()).toContain('Expected a JPEG')
    await page.getByRole('figure', { name: good.name }).waitFor()
  })

  it('cancels what has not arrived, and sends it after all on request', async () => {
    const page = await visit()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    // Storage that does not answer until it is let go.
    const held = Promise.withResolvers<void>()
    await page.route(
      (address) => address.searchParams.has('X-Amz-Signature'),
      async (route) => {
        await held.promise
        await route.continue().catch(() => {})
      },
    )
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
    held.resolve()
    await uploads(page).getByRole('button', { expanded: false }).click()
    await uploads(page)
      .getByRole('button', { name: `Retry ${slow.name}` })
      .click()
    await uploads(page).getByText('1 uploaded').waitFor({ timeout: 30_000 })
  })
})
