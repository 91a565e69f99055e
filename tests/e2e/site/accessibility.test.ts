import { describe, expect, it } from 'vitest'
import { underTest } from '../../support/cloud-under-test.ts'
import { drop, overflow, picture, signIn, uploads, violations, visit } from '../../support/site.ts'

describe('every page', () => {
  it.each([
    ['light', 1280],
    ['dark', 360],
  ] as const)('has nothing that keeps people out, in %s, %d pixels wide', async (colorScheme, width) => {
    const page = await visit({ colorScheme, viewport: { width, height: 740 } })
    await page.getByLabel('Password').waitFor()
    expect(await violations(page)).toEqual([])
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const [dropped, bad] = [await picture('Seen'), { name: 'no picture.jpg', bytes: Buffer.from(`no ${colorScheme}`) }]
    await drop(page, [dropped, bad])
    await uploads(page).getByText('1 uploaded, 1 failed').waitFor({ timeout: 30_000 })
    const tile = page.getByRole('figure', { name: dropped.name })
    await tile.locator('img.thumbnail').waitFor({ timeout: 60_000 })
    expect(await violations(page)).toEqual([])
    expect(await overflow(page)).toBe(0)
    await uploads(page).getByRole('button', { name: 'Clear' }).click()
    await tile.getByRole('link').click()
    await page.getByRole('heading', { name: 'Renditions' }).waitFor()
    expect(await violations(page)).toEqual([])
    expect(await overflow(page)).toBe(0)
    await page.goto(`${underTest().cloud.url}/images/${'0'.repeat(64)}`)
    await page.getByText('There is no such photo').waitFor()
    expect(await violations(page)).toEqual([])
  })
})
