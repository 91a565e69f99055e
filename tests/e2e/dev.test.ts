import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../scripts/client/eventually.ts'
import { launchBrowser } from '../../scripts/demo/launch-browser.ts'
import { type RunningCloud, startCloud } from '../../scripts/local/cloud-process.ts'
import { copyCheckout } from '../support/checkout.ts'
import { descendantsOf, isAlive } from '../support/processes.ts'

let folder: string
let cloud: RunningCloud
let browser: Browser
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glowworm-dev-'))
  await copyCheckout(join(folder, 'checkout'))
  const program = { checkout: join(folder, 'checkout'), script: 'scripts/dev.ts' }
  cloud = await startCloud(join(folder, 'data'), program)
  browser = await launchBrowser()
})
afterAll(async () => {
  await browser?.close()
  await cloud?.dispose()
  await rm(folder, { recursive: true, force: true })
})

/** Replaces text in a source of the copy. */
async function edit(path: string, from: string, to: string): Promise<void> {
  const file = join(folder, 'checkout', path)
  const source = await readFile(file, 'utf8')
  expect(source).toContain(from)
  await writeFile(file, source.replace(from, to))
}

const status = async () => {
  const answer = await fetch(`${cloud.facts.api_url}/health`).catch(() => null)
  return answer === null ? null : ((await answer.json()) as { status?: string }).status
}
const answers = (expected: string) =>
  eventually(`the status ${expected}`, async () => ((await status()) === expected ? true : null))
const says = (what: RegExp) => eventually(`the words ${what}`, () => (what.test(cloud.output()) ? true : null))
const pidNow = async () => JSON.parse(await readFile(join(folder, 'data', 'local.json'), 'utf8')).pid

describe('npm run dev', { timeout: 240_000 }, () => {
  it('shows a change of the site in the open page', async () => {
    const page = await browser.newPage()
    const faults: string[] = []
    page.on('pageerror', ({ message }) => faults.push(message))
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) faults.push(message.text())
    })
    await page.goto(cloud.facts.url)
    await page.getByLabel('Email').fill('half typed')
    await edit('web/src/lib/session/SignIn.svelte', 'Sign in to Glowworm', 'Come in')
    await page.getByRole('heading', { name: 'Come in' }).waitFor()
    expect(faults).toEqual([])

    await page.getByLabel('Email').fill(cloud.facts.admin_email)
    await page.getByLabel('Password').fill(cloud.facts.admin_password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText(/no photos yet/i).waitFor()
    expect(faults).toEqual([])
  })

  it('answers with what a handler says now, and keeps to the old code while the new is broken', async () => {
    await answers('ok')
    await edit('functions/handlers/health.ts', "status: 'ok'", "status: 'fine'")
    await answers('fine')

    await edit('functions/handlers/health.ts', "status: 'fine'", "status: 'better")
    await says(/health\.ts:\d+.*What ran before runs on/s)
    await answers('fine')

    await edit('functions/handlers/health.ts', "status: 'better", "status: 'good'")
    await answers('good')
    expect(await pidNow()).toBe(cloud.facts.pid)
  })

  it('starts the cloud again, in the same process, where the templates ask for something else', async () => {
    await edit('infra/config.ts', "logLevel: 'DEBUG'", "logLevel: 'INFO'")
    await says(/live: templates/)
    await answers('good')
    expect(await pidNow()).toBe(cloud.facts.pid)
  })

  it('leaves no process behind', async () => {
    await answers('good')
    const family = await descendantsOf(cloud.facts.pid)
    expect(family.length).toBeGreaterThan(1)
    await cloud.stop()
    await eventually('every process to be gone', () => (family.some(isAlive) ? null : true), 20_000)
  })
})
