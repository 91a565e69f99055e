import AxeBuilder from '@axe-core/playwright'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, expect, onTestFinished } from 'vitest'
import { launchBrowser } from '../../scripts/demo/launch-browser.ts'
import { underTest } from './cloud-under-test.ts'
import { makePicture } from './pictures.ts'
import { sha256 } from './uploading.ts'

let launched: Promise<Browser> | undefined
/** One browser for a file of tests. */
function browser(): Promise<Browser> {
  launched ??= launchBrowser()
  return launched
}
afterAll(async () => (await launched)?.close())

let signedIn: ReturnType<BrowserContext['storageState']> | undefined
/** One sign-in for a file of tests: the cookies that it leaves in a browser. */
function session(): ReturnType<BrowserContext['storageState']> {
  signedIn ??= signInByCall()
  return signedIn
}

async function signInByCall() {
  const { url, admin_email, admin_password } = underTest().cloud
  const context = await (await browser()).newContext()
  const data = { email: admin_email, password: admin_password }
  const answer = await context.request.post(`${url}/api/auth/login`, { data, headers: { origin: url } })
  expect(answer.status()).toBe(200)
  const state = await context.storageState()
  await context.close()
  return state
}

/** A page of a fresh visitor, with nothing on it; fails the test if it breaks its own policy or throws. */
async function newPage(options: BrowserContextOptions): Promise<Page> {
  const context = await (await browser()).newContext(options)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) faults.push(message.text())
  })
  onTestFinished(() => expect(faults).toEqual([]))
  return page
}

/** A fresh visitor, whom nobody knows. */
export async function visit(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await newPage(options)
  await page.goto(underTest().cloud.url)
  return page
}

/**
 * A fresh browser of somebody who has signed in before, on the page at `path`.
 * @param prepare does to the page what has to be done before it loads
 */
export async function enter(
  path = '/',
  { prepare, ...options }: BrowserContextOptions & { readonly prepare?: (page: Page) => Promise<unknown> } = {},
): Promise<Page> {
  const page = await newPage({ ...options, storageState: await session() })
  await prepare?.(page)
  await page.goto(underTest().cloud.url + path)
  await page.getByRole('button', { name: 'Account' }).waitFor()
  return page
}

/** The gallery, as `enter` finds it. */
export async function enterGallery(options: Parameters<typeof enter>[1] = {}): Promise<Page> {
  const page = await enter('/', options)
  await page.getByRole('region', { name: 'Gallery' }).waitFor()
  return page
}

export async function signIn(page: Page, password = underTest().cloud.admin_password): Promise<void> {
  await page.getByLabel('Email').fill(underTest().cloud.admin_email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Opens what says who is signed in, and where to sign out. */
export async function openAccount(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('button', { name: 'Sign out' }).waitFor()
}

/** A file as a browser sees it. */
export interface Dropped {
  readonly name: string
  readonly bytes: Buffer
}

/** Lets go of files over the page, as a file manager would, or pastes them. */
export async function drop(page: Page, files: readonly Dropped[], how: 'drop' | 'paste' = 'drop'): Promise<void> {
  const transfer = await page.evaluateHandle(
    (contents) => {
      const made = new (Reflect.get(globalThis, 'DataTransfer'))()
      for (const { name, base64 } of contents) {
        made.items.add(new File([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], name))
      }
      return made
    },
    files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') })),
  )
  if (how === 'drop') return page.dispatchEvent('body', 'drop', { dataTransfer: transfer })
  await transfer.evaluate((clipboardData) => {
    const Event = Reflect.get(globalThis, 'ClipboardEvent')
    Reflect.get(globalThis, 'document').body.dispatchEvent(new Event('paste', { clipboardData, bubbles: true }))
  })
}

/** Storage that takes bytes and answers nothing until it is let go. */
export async function holdStorage(page: Page): Promise<{ release(): void }> {
  const held = Promise.withResolvers<void>()
  await page.context().route(
    (address) => address.searchParams.has('X-Amz-Signature'),
    async (route) => {
      await held.promise
      // The page may have given it up meanwhile.
      await route.continue().catch(() => {})
    },
  )
  onTestFinished(() => held.resolve())
  return { release: () => held.resolve() }
}

export async function picture(prefix: string): Promise<Dropped> {
  const bytes = await makePicture({ width: 1200, height: 800, gps: true })
  return { name: `${prefix} ${sha256(bytes).slice(0, 8)}.jpg`, bytes }
}

export const uploads = (page: Page) => page.getByRole('region', { name: 'Uploads' })
export const rowOf = (page: Page, { name }: Dropped) => uploads(page).getByRole('listitem').filter({ hasText: name })

export async function violations(page: Page) {
  return violationsIn(new AxeBuilder({ page }))
}

/**
 * The same in light and in dark, which differ in colours alone.
 * @param shown the colours that the page has now
 */
export async function violationsInBoth(page: Page, shown: 'light' | 'dark') {
  const found = await violations(page)
  await page.emulateMedia({ colorScheme: shown === 'light' ? 'dark' : 'light' })
  // Colours may take a moment to change.
  await page.evaluate('Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))')
  const inTheOther = await violationsIn(new AxeBuilder({ page }).withRules(['color-contrast']))
  await page.emulateMedia({ colorScheme: shown })
  await page.evaluate('Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))')
  return [...found, ...inTheOther]
}

async function violationsIn(axe: AxeBuilder) {
  const { violations: found } = await axe.analyze()
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Whether anything reaches over the side of the screen. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
