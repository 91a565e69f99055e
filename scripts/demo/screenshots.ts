/** `npm run screenshots`: the pictures of the README, from a real run with landscapes of our own making. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import sharp from 'sharp'
import { landscape } from '../../web/src/lib/gallery/landscape.ts'
import { startCloud } from '../local/cloud-process.ts'
import type { LocalCloudFacts } from '../local/data-directory.ts'
import { launchBrowser } from './launch-browser.ts'

const root = join(import.meta.dirname, '..', '..')
const pictures = join(root, 'docs', 'images')

const photos = await mkdtemp(join(tmpdir(), 'glowworm-demo-'))
const cloud = await startCloud()
const browser = await launchBrowser()
try {
  await mkdir(pictures, { recursive: true })
  await makePhotos(photos, 18)
  await upload(photos, cloud.dataDirectory)
  await photographGallery(browser, cloud.facts, 'gallery-light', { width: 1280, height: 800, colorScheme: 'light' })
  await photographGallery(browser, cloud.facts, 'gallery-dark', { width: 1280, height: 800, colorScheme: 'dark' })
  await photographGallery(browser, cloud.facts, 'gallery-phone', { width: 390, height: 780, colorScheme: 'dark' })
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

async function photographGallery(
  browser: Browser,
  facts: LocalCloudFacts,
  name: string,
  screen: { width: number; height: number; colorScheme: 'light' | 'dark' },
): Promise<void> {
  const { colorScheme, ...viewport } = screen
  const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1.5 })
  const page = await context.newPage()
  await page.goto(facts.url)
  await page.getByLabel('Email').fill(facts.admin_email)
  await page.getByLabel('Password').fill(facts.admin_password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('figure').first().waitFor()
  await page.waitForLoadState('networkidle')
  await writeFile(join(pictures, `${name}.png`), await page.screenshot())
  await context.close()
}
