import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../local/cloud.ts'
import type { Running } from '../local/model.ts'
import { defaultDataDirectory } from './cloud-options.ts'
import { explain, Refusal } from './refusal.ts'

/** Starts the local cloud. @throws Refusal where the user can put right why it does not start */
export async function runCloud(options: Omit<LocalCloudOptions, 'log'>): Promise<LocalCloud> {
  try {
    return await startLocalCloud({ ...options, log: (line) => process.stderr.write(`${line}\n`) })
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    const { port } = options
    if (code === 'EADDRINUSE') {
      throw new Refusal(`Port ${port} is taken. Stop what listens there, or start with --port N (0: any).`)
    }
    if (code === 'EACCES' && error instanceof Error && 'syscall' in error && error.syscall === 'listen') {
      throw new Refusal(`Port ${port} needs rights that you do not have here: take one from 1024 on, with --port N.`)
    }
    throw error
  }
}

export function greet({ facts, dataDirectory, logDirectory }: LocalCloud, tookMs: number, ending: string): void {
  const isDefault = dataDirectory === defaultDataDirectory
  say(`
Ready: ${facts.url}   (${seconds(tookMs)})

  Sign in   ${facts.admin_email}   ${facts.admin_password}
  Upload    npm run upload -- ${isDefault ? '' : `--data ${shellWord(dataDirectory)} `}FILES
  Data      ${dataDirectory}
  Logs      ${logDirectory}
  AWS       ${facts.endpoints.s3}

${ending}`)
}

/**
 * A script or test that has started this one may end without a word, and nobody would stop this one then.
 * Does nothing where a person has started it.
 */
export function endWithStarter(): void {
  // It may have ended while this one was still loading. Undefined is what a person has started.
  if (process.connected === false) process.exit(1)
  process.once('disconnect', () => process.exit(1))
}

/** Stops in order on the first signal, and at once on the second. */
export function stopOnSignal(cloud: Running & Pick<LocalCloud, 'running'>): void {
  let stoppingSince: number | null = null
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stoppingSince !== null) {
        // One Ctrl-C comes twice under npm: from the terminal, and passed on by npm.
        if (performance.now() - stoppingSince > 300) process.exit(1)
        return
      }
      stoppingSince = performance.now()
      say(farewell(cloud.running()))
      cloud.stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      )
    })
  }
}

function farewell(running: Readonly<Record<string, number>>): string {
  const work = Object.entries(running).map(([name, count]) => (count === 1 ? name : `${name} × ${count}`))
  if (work.length === 0) return '\nStopping …'
  return `
Stopping: up to 10 s for what runs now (${work.join(', ')}).
Photos that were accepted and are not done by then will be done after the next start.
Ctrl-C again stops at once.`
}

/** Says what went wrong, and ends. */
export function fail(error: unknown): never {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** So that it can be copied to a shell. */
function shellWord(text: string): string {
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
