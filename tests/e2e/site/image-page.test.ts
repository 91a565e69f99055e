import { describe, expect, inject, it } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { picture, signIn, visit } from '../../support/site.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

describe('the page of a photo', () => {
  it('tells everything of one photo, and deletes it only when asked twice', async () => {
    const { url, admin_email, admin_password } = inject('cloud')
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const shown = await picture('Shown')
    await upload(api, shown.bytes, shown.name)
    const image = await settled(api, sha256(shown.bytes))
    const page = await visit()
    await signIn(page)
    await page.getByRole('figure', { name: shown.name }).getByRole('link').click()
    await page.getByText('That stays private').waitFor()
    for (const [name, { url: path }] of Object.entries(image.renditions)) {
      expect(await page.getByRole('link', { name, exact: true }).getAttribute('href')).toBe(path)
    }
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('button', { name: 'Keep it' }).click()
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await page.getByRole('button', { name: 'Delete for good' }).click()
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    await page.getByRole('figure', { name: shown.name }).waitFor({ state: 'detached' })
    await expect(api.getImage(image.id)).rejects.toMatchObject({ status: 404 })
  })
})
