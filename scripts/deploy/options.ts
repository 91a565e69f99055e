import { parseArgs } from 'node:util'
import { ownOptions } from '../../infra/config.ts'
import { Refusal } from '../console/refusal.ts'
import { type StackName, stackNames } from './deployment.ts'

export const deployHelp = `npm run deploy -- [options]

Builds Glowworm, shows what a deployment changes, and deploys it, with the site and a first admin.

  --stage NAME          dev or prod (dev)
  --endpoint URL        deploy to what stands in for AWS there (LocalStack, MiniStack …), and not to AWS
  --without STACK       leave a stack out: site or monitoring, which not every emulator can have
  --sharp PLATFORM      lambda: sharp for Linux on ARM64, as AWS runs it; host: for this machine, where an emulator
                        runs functions without containers (lambda)
  -c, --context K=V     an option of the app (docs/deploy.md), such as alarmEmail=ops@example.com
  --admin-email EMAIL   who is to be the first admin, if there is none yet
  --yes                 ask nothing
  --help                show this
`

export const stages = ['dev', 'prod'] as const
export type Stage = (typeof stages)[number]

export interface DeployOptions {
  readonly stage: Stage
  readonly endpoint: string | undefined
  readonly without: readonly StackName[]
  readonly sharp: 'host' | 'lambda'
  readonly context: Readonly<Record<string, string>>
  readonly adminEmail: string | undefined
  readonly yes: boolean
}

/**
 * Null if only help is asked for.
 * @throws Refusal, or what `parseArgs` throws for an unknown option
 */
export function readDeployOptions(args: readonly string[]): DeployOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stage: { type: 'string', default: 'dev' },
      endpoint: { type: 'string' },
      without: { type: 'string', multiple: true, default: [] },
      sharp: { type: 'string', default: 'lambda' },
      context: { type: 'string', short: 'c', multiple: true, default: [] },
      'admin-email': { type: 'string' },
      yes: { type: 'boolean', short: 'y', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const sharp = oneOf('--sharp', ['host', 'lambda'] as const, values.sharp)
  if (sharp === 'host' && values.endpoint === undefined) {
    throw new Refusal('--sharp host is for an --endpoint: AWS runs functions on Linux on ARM64.')
  }
  return {
    stage: oneOf('--stage', stages, values.stage),
    endpoint: values.endpoint,
    // Nothing depends on these two.
    without: values.without.map((name) => oneOf('--without', ['site', 'monitoring'] as const, name)),
    sharp,
    context: Object.fromEntries(values.context.map(readPair)),
    adminEmail: values['admin-email'] === undefined ? undefined : emailAddress(values['admin-email']),
    yes: values.yes,
  }
}

export const destroyHelp = `npm run destroy -- [options]

Removes a stage from AWS. Photos, records and accounts stay, for the next deployment.

  --stage NAME         dev or prod (dev)
  --endpoint URL       what stands in for AWS
  --delete-originals   delete what is stored as well: photos, records and accounts, for good
  --yes                ask nothing
  --help               show this
`

export interface DestroyOptions {
  readonly stage: Stage
  readonly endpoint: string | undefined
  readonly deleteOriginals: boolean
  readonly yes: boolean
}

/** As `readDeployOptions`. Deleting what is stored in prod is always asked for. */
export function readDestroyOptions(args: readonly string[]): DestroyOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stage: { type: 'string', default: 'dev' },
      endpoint: { type: 'string' },
      'delete-originals': { type: 'boolean', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const stage = oneOf('--stage', stages, values.stage)
  const deleteOriginals = values['delete-originals']
  if (stage === 'prod' && deleteOriginals && values.yes) {
    throw new Refusal('The photos of prod are not deleted unasked: leave --yes out.')
  }
  return { stage, endpoint: values.endpoint, deleteOriginals, yes: values.yes }
}

export const e2eHelp = `npm run e2e -- [options] [FILTER]

Tests what npm run deploy has deployed, through its API. On AWS it asks first, leaves the photos that it has sent, and
has dead letters taken up again. Prod is not tested this way.

  --endpoint URL  where something stands in for AWS; without it, AWS as you are signed in
  --stage NAME    dev, or prod of an emulator (dev)
  --yes           ask nothing
  --help          show this
`

export interface E2eOptions {
  readonly stage: Stage
  readonly endpoint: string | undefined
  readonly yes: boolean
  /** Parts of paths of test files; none means all. */
  readonly filters: readonly string[]
}

/** As `readDeployOptions`. Nothing is tried out on the prod of an account. */
export function readE2eOptions(args: readonly string[]): E2eOptions | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      stage: { type: 'string', default: 'dev' },
      endpoint: { type: 'string' },
      yes: { type: 'boolean', short: 'y', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return null
  const stage = oneOf('--stage', stages, values.stage)
  const { endpoint, yes } = values
  if (stage === 'prod' && endpoint === undefined) {
    throw new Refusal('Tests write, and prod on AWS holds what people rely on: test a stage dev.')
  }
  return { stage, endpoint, yes, filters: positionals }
}

export const testEndpointHelp = `npm run test:endpoint -- [options] [FILTER]

Installs MiniStack from PyPI, starts it, deploys Glowworm to it, runs the end-to-end tests, removes it all and stops
MiniStack. Needs python3, 3.10 or newer, with venv and pip; where there is no way to have MiniStack, it says SKIPPED.

  --keep   after the deployment, run no tests: MiniStack stays, to be looked at, until Ctrl-C
  --help   show this
`

export interface TestEndpointOptions {
  readonly keep: boolean
  /** As in `E2eOptions`. */
  readonly filters: readonly string[]
}

/** As `readDeployOptions`. */
export function readTestEndpointOptions(args: readonly string[]): TestEndpointOptions | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  return values.help ? null : { keep: values.keep, filters: positionals }
}

/** Those that are to be deployed, in order. */
export const wantedStacks = ({ without }: Pick<DeployOptions, 'without'>): readonly StackName[] =>
  stackNames.filter((name) => !without.includes(name))

export function oneOf<const Choice extends string>(option: string, choices: readonly Choice[], given: string): Choice {
  const choice = choices.find((each) => each === given)
  if (choice === undefined) throw new Refusal(`Expected ${option} to be ${choices.join(' or ')}, received ${given}.`)
  return choice
}

function readPair(text: string): [string, string] {
  const [, key, value] = /^(\w+)=(.+)$/s.exec(text) ?? []
  if (key === undefined || value === undefined) {
    throw new Refusal(`Expected --context to be NAME=VALUE, received ${text}.`)
  }
  if (key === 'stage' || key === 'endpoint') throw new Refusal(`Say --${key}, not --context ${key}=….`)
  if (key === 'account' || key === 'region') {
    throw new Refusal(`The ${key} is the one that you are signed in to: set AWS_PROFILE or AWS_REGION.`)
  }
  // What else the app knows (`functions`, `layers`) the deployment says itself: it deploys what it has built, and measured.
  if (!ownOptions.includes(key)) {
    throw new Refusal(`Expected --context to be one of ${ownOptions.join(', ')}, received ${key}.`)
  }
  return [key, value]
}

export const isEmailAddress = (text: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)

function emailAddress(text: string): string {
  if (!isEmailAddress(text)) {
    throw new Refusal(`Expected --admin-email to be an address such as you@example.com, received ${text}.`)
  }
  return text.toLowerCase()
}
