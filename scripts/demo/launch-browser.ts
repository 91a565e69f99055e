import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** A real browser: the machine's own if it has one, else the one that comes from the package registry. */
export async function launchBrowser(): Promise<Browser> {
  const flags = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run']
  const installed = await findOnPath(names)
  if (installed !== null) return chromium.launch({ executablePath: installed, args: flags })
  // Makes the package unpack its own libraries, which a bare machine lacks. It is read on import.
  process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs24.x'
  const { default: bundled } = await import('@sparticuz/chromium')
  // Not with the arguments that the package offers: they switch off the very rules that a page must keep here.
  return chromium.launch({ executablePath: await bundled.executablePath(), args: flags })
}

async function findOnPath(candidates: readonly string[]): Promise<string | null> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of candidates) {
      const path = join(folder, name)
      const found = await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (found) return path
    }
  }
  return null
}
