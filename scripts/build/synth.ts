/**
 * Writes the CloudFormation templates of the CDK app, with the built functions, to `cdk.out`.
 *
 * `node scripts/build/synth.ts [--stage dev|prod]`
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const root = join(import.meta.dirname, '..', '..')

export interface SynthOptions {
  readonly stage?: string
  /** False: jobs bypass the queues. */
  readonly useQueue?: boolean
  readonly outdir?: string
  /** Further options of the app: `infra/config.ts` knows them. */
  readonly context?: Readonly<Record<string, string>>
  /** Runs what lies in this folder, built or not, instead of a copy of `build/functions`: for development. */
  readonly functionsInPlace?: string
  /**
   * Whether every template is checked against CloudFormation's own schemas, too. That takes most of the time of a
   * synthesis, and `cdk deploy` and the tests of `infra/` do it anyway.
   */
  readonly validate?: boolean
}

export interface Synthesis {
  readonly outdir: string
  readonly milliseconds: number
}

/** @throws Error with what the app printed, when it is not valid or breaks a rule of AWS Solutions. */
export async function synth(options: SynthOptions = {}): Promise<Synthesis> {
  const { stage = 'dev', useQueue = true, outdir = join(root, 'cdk.out'), validate = false } = options
  const inPlace = options.functionsInPlace && {
    functions: options.functionsInPlace,
    // Its name in CDK: assets are then referred to where they lie.
    'aws:cdk:disable-asset-staging': true,
  }
  const started = performance.now()
  const app = spawn(process.execPath, [join(root, 'infra', 'app.ts')], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: outdir,
      CDK_CONTEXT_JSON: JSON.stringify({ stage, useQueue, ...inPlace, ...options.context }),
      CDK_VALIDATION: String(validate),
      // Reading CDK takes longer than running it.
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node-compile'),
    },
  })
  const output: string[] = []
  app.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  app.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text))
  const code = await new Promise<number | null>((resolve, reject) => {
    app.on('error', reject)
    app.on('close', resolve)
  })
  if (code !== 0) throw new Error(`The synthesis of stage ${stage} failed:\n${output.join('')}`)
  return { outdir, milliseconds: Math.round(performance.now() - started) }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { stage: { type: 'string', default: 'dev' } } })
  const { outdir, milliseconds } = await synth({ stage: values.stage, validate: true })
  console.log(`${outdir} written in ${milliseconds} ms`)
}
