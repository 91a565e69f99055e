import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type FaultPlan, readFaultPlan } from '../local/faults/fault-plan.ts'
import { givenPath } from './given-path.ts'
import { Refusal } from './refusal.ts'

/** Of a checkout: where data are kept unless the user says otherwise. */
export const defaultDataDirectory = join(import.meta.dirname, '..', '..', '.glowworm')
const defaultPort = 4200

/** What `npm start` and `npm run dev` take, for their help. */
export const cloudOptionsHelp = `
  --port N    where the site and the API are; 0 takes a free one (${defaultPort})
  --data DIR  where photos, records and logs are kept between starts (.glowworm)
  --reset     begin with empty data
  --faults F  what is to go wrong: a file with JSON, or the JSON itself (docs/local-cloud.md)
  --no-queue  send jobs straight to the worker, past the queues
  --help      show this
`

export interface CloudOptions {
  readonly port: number
  /** Absolute. */
  readonly dataDirectory: string
  readonly reset: boolean
  readonly faults: FaultPlan | null
  /** False: jobs bypass the queues. */
  readonly useQueue: boolean
}

/**
 * Null if only help is asked for.
 * @throws Refusal, or what `parseArgs` throws for an unknown option
 */
export function readCloudOptions(args: readonly string[]): CloudOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: 'string', default: String(defaultPort) },
      data: { type: 'string', default: defaultDataDirectory },
      reset: { type: 'boolean', default: false },
      faults: { type: 'string' },
      'no-queue': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new Refusal(`Expected --port to be a number from 0 to 65535, received ${values.port}.`)
  }
  if (values.data === '') throw new Refusal('Expected --data to name a folder, received nothing.')
  return {
    port,
    dataDirectory: givenPath(values.data),
    reset: values.reset,
    faults: values.faults === undefined ? null : readFaults(values.faults),
    useQueue: !values['no-queue'],
  }
}

function readFaults(fileOrJson: string): FaultPlan {
  if (fileOrJson.trimStart().startsWith('{')) return readFaultPlan(fileOrJson)
  let json: string
  try {
    json = readFileSync(givenPath(fileOrJson), 'utf8')
  } catch (cause) {
    throw new Refusal(`Expected --faults to be JSON or a file with it; ${fileOrJson} cannot be read.`, { cause })
  }
  return readFaultPlan(json)
}
