import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Template } from 'aws-cdk-lib/assertions'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { App } from 'aws-cdk-lib/core'
import { afterAll } from 'vitest'
import cdkJson from '../../cdk.json' with { type: 'json' }
import type { Artifacts } from '../artifacts.ts'
import { addGlowworm, type GlowwormStacks } from '../glowworm.ts'

const workspace = mkdtempSync(join(tmpdir(), 'glowworm-infra-'))
afterAll(() => rmSync(workspace, { recursive: true, force: true }))

export interface GlowwormAppOptions {
  readonly context?: Readonly<Record<string, unknown>>
  /** Checks every template against CloudFormation's own schemas, too, which takes most of the time of a synthesis. */
  readonly checkSchemas?: boolean
}

/** An app whose functions and layers all have the same empty code: nothing needs to be built. */
export function glowwormApp(options: GlowwormAppOptions = {}): { app: App; stacks: GlowwormStacks } {
  const app = new App({
    outdir: mkdtempSync(join(workspace, 'out-')),
    context: { ...cdkJson.context, ...options.context },
    builtinCloudFormationValidation: options.checkSchemas ?? false,
  })
  return { app, stacks: addGlowworm(app, placeholderArtifacts()) }
}

export type Templates = Readonly<Record<keyof GlowwormStacks, Template>>

/** Synthesises, and gives the template of each stack. */
export function templatesOf({ app, stacks }: ReturnType<typeof glowwormApp>): Templates {
  app.synth()
  return {
    storage: Template.fromStack(stacks.storage),
    processing: Template.fromStack(stacks.processing),
    api: Template.fromStack(stacks.api),
    site: Template.fromStack(stacks.site),
    monitoring: Template.fromStack(stacks.monitoring),
  }
}

function placeholderArtifacts(): Artifacts {
  const folder = join(workspace, 'placeholder')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'index.mjs'), '')
  return { functionCode: () => Code.fromAsset(folder), layerCode: () => Code.fromAsset(folder) }
}
