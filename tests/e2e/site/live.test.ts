import type { Page, WebSocketRoute } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { underTest } from '../../support/cloud-under-test.ts'
import { enterGallery, picture, signIn, visit } from '../../support/site.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

describe('live updates', () => {
  it('are caught up with after the connection was cut for half a minute, with nothing fetched again', {
    timeout: 240_000,
  }, async () => {
    const { url, admin_email, admin_password } = underTest().cloud
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const control = Promise.withResolvers<Awaited<ReturnType<typeof controlLine>>>()
    const page = await enterGallery({
      prepare: async (page) => {
        await page.clock.install()
        control.resolve(await controlLine(page))
      },
    })
    const line = await control.promise
    // What never was live has to fetch everything when it comes to be.
    await line.greeted
    const pictures = await Promise.all(['Before', 'Amid', 'Amid'].map(picture))
    const [first] = pictures
    if (first === undefined) throw new Error('Expected pictures')
    await upload(api, first.bytes, first.name)
    await page.getByRole('figure', { name: first.name }).waitFor({ timeout: 30_000 })

    line.cut()
    for (const { bytes, name } of pictures.slice(1)) await upload(api, bytes, name)
    await page.getByText('Live updates are away; reconnecting').waitFor({ timeout: 20_000 })
    for (const { bytes } of pictures) await settled(api, sha256(bytes))
    // Half a minute, as the page counts it: its pauses between attempts grow to their full length.
    for (let second = 0; second < 30; second++) await page.clock.runFor(1_000)
    for (const { name } of pictures.slice(1)) expect(await page.getByRole('figure', { name }).count()).toBe(0)

    const fetched: string[] = []
    page.on('request', (request) => {
      if (/\/api\/images/.test(request.url())) fetched.push(request.url())
    })
    line.mend()
    await page.clock.fastForward(30_000)
    for (const { name } of pictures) {
      const tile = page.getByRole('figure', { name })
      await tile.locator('img.thumbnail').waitFor({ timeout: 60_000 })
      await expect.poll(() => tile.textContent(), { timeout: 20_000 }).not.toMatch(/Queued|Generating/)
    }
    await page.getByText('Live updates are away').waitFor({ state: 'detached' })
    expect(fetched).toEqual([])
  })

  it('that nobody can read are made up for by what is there, asked for in one piece', {
    timeout: 120_000,
  }, async () => {
    const { url, admin_email, admin_password } = underTest().cloud
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const page = await visit()
    const line = await controlLine(page)
    await page.reload()
    await signIn(page)
    await page.getByRole('region', { name: 'Gallery' }).waitFor()
    const pictures = await Promise.all(['Unread', 'Unread', 'Unread'].map(picture))
    for (const { bytes, name } of pictures) await upload(api, bytes, name)
    for (const { bytes } of pictures) await settled(api, sha256(bytes))
    for (const { name } of pictures) await page.getByRole('figure', { name }).waitFor({ timeout: 30_000 })

    const fetched: string[] = []
    page.on('request', (request) => {
      if (/\/api\/images/.test(request.url())) fetched.push(new URL(request.url()).pathname)
    })
    line.garble()
    for (const { bytes } of pictures) await api.call('DELETE', `/api/images/${sha256(bytes)}`)
    for (const { name } of pictures) {
      await page.getByRole('figure', { name }).waitFor({ state: 'detached', timeout: 30_000 })
    }
    expect(fetched.filter((path) => path === '/api/images/check-duplicates').length).toBeGreaterThan(0)
    for (const { bytes } of pictures) expect(fetched).not.toContain(`/api/images/${sha256(bytes)}`)
  })

  it('are away for as long as the device is, and back the moment it is', async () => {
    const page = await enterGallery()
    await page.context().setOffline(true)
    await page.getByText('Offline', { exact: true }).waitFor()
    const ticket = page.waitForRequest((request) => request.url().endsWith('/api/ws/tickets'))
    await page.context().setOffline(false)
    await ticket
    await page.getByText('Offline', { exact: true }).waitFor({ state: 'detached' })
  })
})

/** Stands between the page and the server's socket. */
async function controlLine(page: Page) {
  const open = new Set<WebSocketRoute>()
  const { promise: greeted, resolve: greet } = Promise.withResolvers<void>()
  let isCut = false
  let isGarbled = false
  await page.routeWebSocket(/[?&]ticket=/, (socket) => {
    if (isCut) return void socket.close()
    const server = socket.connectToServer()
    server.onMessage((message) => {
      socket.send(isGarbled ? String(message).slice(1) : message)
      greet()
    })
    open.add(socket)
  })
  return {
    /** Once the server has said something. */
    greeted,
    cut() {
      isCut = true
      for (const socket of open) void socket.close()
      open.clear()
    },
    mend() {
      isCut = false
    },
    garble() {
      isGarbled = true
    },
  }
}
