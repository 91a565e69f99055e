/**
 * `npm run screenshots`: the pictures of the README, from a real run with landscapes of our own making. With names of
 * pictures, only those.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { landscape } from '../../web/src/lib/gallery/landscape.ts'
import { eventually } from '../client/eventually.ts'
import { startCloud } from '../local/cloud-process.ts'
import type { LocalCloudFacts } from '../local/data-directory.ts'
import { launchBrowser } from './launch-browser.ts'

const root = join(import.meta.dirname, '..', '..')
const pictures = join(root, 'docs', 'images')

interface Shot {
  /** Of the file. */
  readonly name: string
  readonly width: number
  readonly height: number
  readonly colorScheme: 'light' | 'dark'
  /** Goes from the gallery to what is to be seen. */
  readonly pose?: (page: Page) => Promise<unknown>
}

const desk = { width: 1280, height: 800 }
const phone = { width: 390, height: 780 }
const shots: readonly Shot[] = [
  { name: 'gallery-light', ...desk, colorScheme: 'light' },
  { name: 'gallery-dark', ...desk, colorScheme: 'dark' },
  { name: 'gallery-phone', ...phone, colorScheme: 'dark' },
  {
    name: 'gallery-list',
    ...desk,
    colorScheme: 'light',
    pose: (page) => page.getByRole('link', { name: 'List' }).click(),
  },
  { name: 'gallery-selection', ...desk, colorScheme: 'light', pose: selectSome },
  { name: 'focal-point', ...desk, colorScheme: 'light', pose: moveFocalPoint },
  { name: 'settings', ...desk, colorScheme: 'light', pose: typeSize },
  { name: 'uploads', ...desk, colorScheme: 'light', pose: uploadSome },
  { name: 'activity', ...desk, colorScheme: 'dark', pose: openActivity },
]

const photoCount = 18
const photoName = (number: number) => `evening-${String(number + 1).padStart(2, '0')}.jpg`

const photos = await mkdtemp(join(tmpdir(), 'glowworm-demo-'))
const cloud = await startCloud()
const browser = await launchBrowser()
try {
  await mkdir(pictures, { recursive: true })
  for (let number = 0; number < photoCount; number++) await makePhoto(photos, number)
  await upload(photos, cloud.dataDirectory)
  const names = process.argv.slice(2)
  const wanted = names.length === 0 ? shots : shots.filter(({ name }) => names.includes(name))
  for (const shot of wanted) await photograph(browser, cloud.facts, shot)
} finally {
  await browser.close()
  await cloud.dispose()
  await rm(photos, { recursive: true, force: true })
}
console.log(`Written to ${pictures}`)

async function makePhoto(folder: string, number: number): Promise<void> {
  const [width, height] = number % 4 === 3 ? [2400, 3600] : [3600, 2400]
  const camera = { Make: 'Glowworm', Model: number % 3 === 0 ? 'Lantern' : 'Lantern II' }
  const day = String(1 + number).padStart(2, '0')
  const exposure = { DateTimeOriginal: `2026:06:${day} 21:40:00`, FNumber: '28/10', ExposureTime: '1/30' }
  const photo = sharp(Buffer.from(landscape(number, width, height)))
    .withExif({ IFD0: camera, IFD2: exposure })
    .jpeg({ quality: 90 })
  await photo.toFile(join(folder, photoName(number)))
}

async function upload(folder: string, dataDirectory: string): Promise<void> {
  await promisify(execFile)(process.execPath, ['scripts/upload/cli.ts', '--data', dataDirectory, folder], { cwd: root })
}

async function selectSome(page: Page): Promise<void> {
  await page
    .getByRole('figure')
    .nth(1)
    .click({ modifiers: ['ControlOrMeta'] })
  await page
    .getByRole('figure')
    .nth(3)
    .click({ modifiers: ['Shift'] })
  await page
    .getByRole('figure')
    .nth(7)
    .click({ modifiers: ['ControlOrMeta'] })
}

async function moveFocalPoint(page: Page): Promise<void> {
  await page
    .getByRole('figure', { name: photoName(5) })
    .getByRole('link')
    .click()
  await page.getByRole('button', { name: 'Move the focal point' }).click()
  await page.getByRole('listitem').filter({ hasText: '1080 × 1920' }).locator('img').waitFor()
  for (const key of ['Left', 'Left', 'Left', 'Up', 'Up']) await page.keyboard.press(`Shift+Arrow${key}`)
}

async function typeSize(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Settings' }).click()
  const form = page.getByRole('region', { name: 'Add a size' })
  await form.getByLabel('Width').fill('1920')
  await form.getByLabel('Height').fill('1080')
  await form.getByText(/photos will be rendered/).waitFor()
}

/** Two that are here already, one that is no photo, and more on a slow line. */
async function uploadSome(page: Page): Promise<void> {
  const picker = page.locator('input[type="file"]').first()
  const tray = page.getByRole('region', { name: 'Uploads' })
  const files = await mkdtemp(join(tmpdir(), 'glowworm-demo-'))
  try {
    const note = join(files, 'shopping-list.jpg')
    await writeFile(note, 'Bread, candles, film')
    await picker.setInputFiles([...[2, 3].map((number) => join(photos, photoName(number))), note])
    await tray.getByText('2 already here, 1 failed').waitFor()
    const line = await page.context().newCDPSession(page)
    await line.send('Network.enable')
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 60_000 }
    await line.send('Network.emulateNetworkConditions', slow)
    const fresh = Array.from({ length: 6 }, (_, number) => photoCount + number)
    for (const number of fresh) await makePhoto(files, number)
    await picker.setInputFiles(fresh.map((number) => join(files, photoName(number))))
    await tray.getByText('Uploading 5 photos').waitFor()
  } finally {
    await rm(files, { recursive: true, force: true })
  }
}

async function openActivity(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Activity' }).click()
  await page.getByRole('img', { name: /\d\d photos/ }).waitFor()
}

async function photograph(browser: Browser, facts: LocalCloudFacts, shot: Shot): Promise<void> {
  const { name, width, height, colorScheme, pose } = shot
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    deviceScaleFactor: 1.5,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  await page.goto(facts.url)
  await page.getByLabel('Email').fill(facts.admin_email)
  await page.getByLabel('Password').fill(facts.admin_password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('figure').first().waitFor()
  await pose?.(page)
  // Not over a button, which would show it.
  await page.mouse.move(0, 0)
  const areLoaded = () => page.evaluate('[...document.images].every((image) => image.complete)')
  await eventually('the pictures to be loaded', async () => (await areLoaded()) || null)
  const picture = await page.screenshot()
  // 256 colours are enough to show what it is, at a fifth of the size.
  await sharp(picture)
    .png({ palette: true, effort: 10 })
    .toFile(join(pictures, `${name}.png`))
  await context.close()
}
