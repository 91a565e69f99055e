/**
 * What a large gallery costs the browser that shows it: the work per live update and the time between frames while it
 * is scrolled, with 1 000 and with 100 000 photos, and the ratio of the two. The server is made up.
 *
 *     node scripts/build/site.ts && node scripts/bench/gallery.ts [FOLDER OF THE SITE]
 */
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { table } from 'table'
import { imageWith } from '../../web/src/lib/testing/image.ts'
import { eventually } from '../client/eventually.ts'
import { launchBrowser } from '../demo/launch-browser.ts'

const site = process.argv[2] ?? join(import.meta.dirname, '../../web/build')
const origin = 'http://localhost'
const perPage = 1_000
const updates = 60
/** More than the pace of the page, so that each update is shown by itself; in milliseconds. */
const betweenUpdates = 80
const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

interface Cost {
  /** Of the main thread, per live update, in milliseconds. */
  readonly update: number
  /** Photos on the page whose elements an update changed, per update. */
  readonly changed: number
  /** Half of all frames, and 95 % of them, came within so many milliseconds of the one before. */
  readonly p50: number
  readonly p95: number
}

const idOf = (number: number) => number.toString(16).padStart(64, '0')
const ulidOf = (number: number) => `01KAQ9ZXH0${number.toString().padStart(16, '0')}`
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()

const photo = (number: number) =>
  imageWith({
    id: idOf(number),
    original_filename: `${number}.jpg`,
    uploaded_at: new Date(Date.UTC(2020, 0) - number * 1_000).toISOString(),
    placeholder: '3OcRJYB4d3h/iIeHeEh3eIhw+j2w',
    processing_status: 'processing',
  })

async function serve(page: Page, count: number): Promise<(message: unknown) => void> {
  let tell: (message: unknown) => void = () => {}
  await page.routeWebSocket(/^ws:/, (socket) => {
    tell = (message) => socket.send(JSON.stringify(message))
    const now = new Date().toISOString()
    const hello = {
      type: 'hello',
      connection_id: 'c',
      channels: ['images'],
      latest_position: ulidOf(0),
      server_time: now,
    }
    socket.onMessage((message) =>
      tell(JSON.parse(String(message)).action === 'ping' ? { type: 'pong', server_time: now } : hello),
    )
  })
  await page.route('**', async (route) => {
    const { pathname, searchParams } = new URL(route.request().url())
    if (pathname === '/api/auth/me') {
      return route.fulfill({ json: { user: { email: 'admin@glowworm.local', groups: [] }, expires_at: inAnHour() } })
    }
    if (pathname === '/api/ws/tickets') {
      return route.fulfill({ json: { url: 'ws://localhost/ws', ticket: 't', expires_at: inAnHour() } })
    }
    if (pathname === '/api/images') {
      const from = Number(searchParams.get('cursor') ?? 0)
      const items = Array.from({ length: Math.min(perPage, count - from) }, (_, index) => photo(from + index))
      return route.fulfill({ json: { items, next_cursor: from + perPage < count ? String(from + perPage) : null } })
    }
    if (pathname.startsWith('/api/')) return route.fulfill({ status: 404, json: {} })
    const path = extname(pathname) === '' ? 'index.html' : pathname
    return route.fulfill({ body: await readFile(join(site, path)), contentType: types[extname(path)] ?? 'text/html' })
  })
  return (message) => tell(message)
}

async function measure(browser: Browser, count: number): Promise<Cost> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  const tell = await serve(page, count)
  await page.goto(origin)
  await page.getByRole('figure').first().waitFor()
  const rowsOfAll = Math.ceil(count / 5) / 2
  await eventually(
    `${count} photos`,
    async () => {
      await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)')
      const rows = Number(await page.getByRole('grid', { name: 'Photos' }).getAttribute('aria-rowcount'))
      return rows > rowsOfAll ? rows : null
    },
    300_000,
  )
  await page.evaluate('scrollTo(0, 0)')
  await page.getByRole('figure', { name: '0.jpg', exact: true }).waitFor()
  const session = await context.newCDPSession(page)
  await session.send('Performance.enable')
  const worked = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return 1_000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
  }

  await wait(1_000)
  await page.evaluate(noteChanges)
  const before = await worked()
  for (let number = 1; number <= updates; number++) {
    const image = { ...photo(number % 10), revision: number + 1, title: `Update ${number}` }
    const at = { id: ulidOf(number), position: ulidOf(number) }
    const about = { ...at, image_id: image.id, revision: image.revision, occurred_at: image.updated_at }
    const rest = { status: image.processing_status, progress: 0, correlation_id: 'c', data: { image } }
    tell({ ...about, type: 'image:updated', ...rest })
    await wait(betweenUpdates)
  }
  await page.getByRole('figure', { name: `Update ${updates}` }).waitFor()
  const update = ((await worked()) - before) / updates
  const changed = Number(await page.evaluate('globalThis.changed')) / updates

  await page.evaluate(noteFrames)
  for (let step = 0; step < 60; step++) {
    await page.mouse.wheel(0, 400)
    await wait(50)
  }
  const frames = ((await page.evaluate('globalThis.frames_')) as number[]).sort((a, b) => a - b)
  await context.close()
  const quantile = (share: number) => frames[Math.floor(frames.length * share)] ?? Number.NaN
  return { update, changed, p50: quantile(0.5), p95: quantile(0.95) }
}

const noteChanges = `
  globalThis.changed = 0
  new MutationObserver((changes) => {
    const figures = changes.map(({ target }) => (target.closest ? target : target.parentElement)?.closest('figure'))
    globalThis.changed += new Set(figures.filter(Boolean)).size
  }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
`
const noteFrames = `
  globalThis.frames_ = []
  let last = performance.now()
  const note = (now) => {
    globalThis.frames_.push(now - last)
    last = now
    requestAnimationFrame(note)
  }
  requestAnimationFrame(note)
`

const browser = await launchBrowser()
try {
  const few = await measure(browser, 1_000)
  const many = await measure(browser, 100_000)
  const row = (what: string, of: (cost: Cost) => number) => [
    what,
    of(few).toFixed(1),
    of(many).toFixed(1),
    (of(many) / of(few)).toFixed(2),
  ]
  console.log(
    table([
      ['', '1 000 photos', '100 000 photos', 'ratio'],
      row('work per live update, ms', ({ update }) => update),
      row('photos on the page it changes', ({ changed }) => changed),
      row('frame while scrolling, p50, ms', ({ p50 }) => p50),
      row('frame while scrolling, p95, ms', ({ p95 }) => p95),
    ]),
  )
} finally {
  await browser.close()
}
