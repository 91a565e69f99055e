/** `npm run screenshots`: the pictures of the README, from a real run with landscapes of our own making. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { landscape } from '../../web/src/lib/gallery/landscape.ts'
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
]

const photos = await mkdtemp(join(tmpdir(), 'glowworm-demo-'))
const cloud = await startCloud()
const browser = await launchBrowser()
try {
  await mkdir(pictures, { recursive: true })
  await makePhotos(photos, 18)
  await upload(photos, cloud.dataDirectory)
  for (const shot of shots) await photograph(browser, cloud.facts, shot)
} finally {
  await browser.close()
  await cloud.dispose()
  await rm(photos, { recursive: true, force: true })
}
console.log(`Written to ${pictures}`)

async function makePhotos(folder: string, count: number): Promise<void> {
  for (let number = 0; number < count; number++) {
    const [width, height] = number % 4 === 3 ? [2400, 3600] : [3600, 2400]
    const photo = sharp(Buffer.from(landscape(number, width, height))).jpeg({ quality: 90 })
    await photo.toFile(join(folder, `evening-${String(number + 1).padStart(2, '0')}.jpg`))
  }
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
  await page.mouse.move(0, 0)
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
  await page.waitForLoadState('networkidle')
  await pose?.(page)
  await page.waitForLoadState('networkidle')
  const picture = await page.screenshot()
  // 256 colours are enough to show what it is, at a fifth of the size.
  await sharp(picture)
    .png({ palette: true, effort: 10 })
    .toFile(join(pictures, `${name}.png`))
  await context.close()
}
