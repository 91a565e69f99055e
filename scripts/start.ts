/**
 * `npm start`: builds what has changed, synthesises the CDK app, and runs it on this machine.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildAll } from './build/all.ts'
import { type LocalCloud, startLocalCloud } from './local/cloud.ts'
import { DataInUse, DataIsForeign } from './local/data-directory.ts'
import { TemplateRefused } from './local/template/complaints.ts'

const root = join(import.meta.dirname, '..')
const defaultPort = 4200

const help = `npm start -- [options]

Builds Glowworm and runs it on this machine, from the CDK app that deploys.

  --port N    where the site and the API are; 0 takes a free one (${defaultPort})
  --data DIR  where photos, records and logs are kept between starts (.glowworm)
  --reset     begin with empty data
  --help      show this
`

/** Something that the user can put right; the message says how. */
class Refusal extends Error {
  override readonly name = 'Refusal'
}

interface Options {
  readonly port: number
  readonly dataDirectory: string
  readonly reset: boolean
}

/** Null if only help is asked for. */
function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: String(defaultPort) },
      data: { type: 'string', default: join(root, '.glowworm') },
      reset: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Refusal(`Expected --port to be a number from 0 to 65535, received ${values.port}.`)
  }
  return { port, dataDirectory: values.data, reset: values.reset }
}

async function start(options: Options): Promise<LocalCloud> {
  try {
    return await startLocalCloud({
      ...options,
      cdkOut: join(root, 'cdk.out'),
      siteBuild: join(root, 'web', 'build'),
      log: (line) => process.stderr.write(`${line}\n`),
    })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new Refusal(`Port ${options.port} is taken. Stop what listens there, or start with --port N (0: any).`, {
        cause: error,
      })
    }
    throw error
  }
}

function greet({ facts, dataDirectory, logDirectory }: LocalCloud, startedMs: number): void {
  say(`
Ready: ${facts.url}   (${seconds(performance.now() - startedMs)})

  Sign in   ${facts.admin_email}   ${facts.admin_password}
  Upload    npm run upload -- FILES
  Data      ${dataDirectory}
  Logs      ${logDirectory}
  AWS       ${facts.endpoints.s3}

Ctrl-C stops it; the data stay.`)
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

/** Stops in order on the first signal, and at once on the second. */
function stopOnSignal(cloud: LocalCloud): void {
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1)
      stopping = true
      say('\nStopping …')
      cloud.stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      )
    })
  }
}

function fail(error: unknown): never {
  const expected = [Refusal, DataInUse, DataIsForeign, TemplateRefused]
  const isExpected = expected.some((known) => error instanceof known)
  const isMisuse = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (error instanceof Error && (isExpected || isMisuse)) process.stderr.write(`${error.message}\n`)
  else console.error(error)
  process.exit(1)
}

try {
  const startedMs = performance.now()
  const options = readOptions(process.argv.slice(2))
  if (options === null) {
    process.stdout.write(help)
  } else {
    say('Glowworm, on this machine:')
    await buildAll(({ name, isNew, milliseconds }) => {
      say(`  ${name.padEnd(12)} ${isNew ? 'built  ' : 'current'}  ${seconds(milliseconds)}`)
    })
    const cloud = await start(options)
    stopOnSignal(cloud)
    greet(cloud, startedMs)
  }
} catch (error) {
  fail(error)
}
