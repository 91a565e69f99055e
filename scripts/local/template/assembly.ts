import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'

const resource = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
  // What follows is about deploying and deleting, which never happens here.
  DependsOn: z.unknown().optional(),
  Metadata: z.unknown().optional(),
  DeletionPolicy: z.unknown().optional(),
  UpdateReplacePolicy: z.unknown().optional(),
})

const template = z.strictObject({
  Resources: z.record(z.string(), resource).default({}),
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Outputs: z
    .record(z.string(), z.looseObject({ Value: z.unknown(), Export: z.object({ Name: z.unknown() }).optional() }))
    .default({}),
  Description: z.unknown().optional(),
  Metadata: z.unknown().optional(),
  // The only rule of CDK asks for a bootstrapped account.
  Rules: z.unknown().optional(),
  AWSTemplateFormatVersion: z.unknown().optional(),
})
export type Template = z.output<typeof template>
export type Resource = z.output<typeof resource>

const manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({ type: z.string(), properties: z.looseObject({}).optional(), displayName: z.string().optional() }),
  ),
})
const stackProperties = z.object({ templateFile: z.string(), stackName: z.string().optional() })
const assetManifestProperties = z.object({ file: z.string() })
const assetManifest = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional(), packaging: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
})

export interface Stack {
  readonly name: string
  readonly template: Template
}

/** What `cdk synth` wrote. */
export interface Assembly {
  readonly stacks: readonly Stack[]
  /** Absolute path of a file or folder, by the object key under which CDK would upload it. */
  readonly assets: ReadonlyMap<string, string>
}

/** Reads a cloud assembly (`cdk.out`). Fails with the file's name when one is missing or not of the known shape. */
export async function readAssembly(cdkOut: string): Promise<Assembly> {
  const stacks: Stack[] = []
  const assets = new Map<string, string>()
  const { artifacts } = await readJson(join(cdkOut, 'manifest.json'), manifest)
  for (const [id, artifact] of Object.entries(artifacts)) {
    if (artifact.type === 'aws:cloudformation:stack') {
      const { templateFile, stackName } = stackProperties.parse(artifact.properties)
      stacks.push({ name: stackName ?? id, template: await readJson(join(cdkOut, templateFile), template) })
    } else if (artifact.type === 'cdk:asset-manifest') {
      const { file } = assetManifestProperties.parse(artifact.properties)
      const { files } = await readJson(join(cdkOut, file), assetManifest)
      for (const { source, destinations } of Object.values(files)) {
        if (source.path === undefined) continue
        for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, resolve(cdkOut, source.path))
      }
    } else if (artifact.type === 'cdk:cloud-assembly') {
      throw new Error(`${cdkOut} nests the cloud assembly ${id}: expected all stacks in the app itself, not in a Stage`)
    }
  }
  return { stacks, assets }
}

async function readJson<Schema extends z.ZodType>(file: string, schema: Schema): Promise<z.output<Schema>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new Error(`Expected ${file} to be JSON written by the synthesis; run it again`, { cause: error })
  }
  const result = schema.safeParse(parsed)
  if (!result.success) throw new Error(`${file} is not as expected:\n${z.prettifyError(result.error)}`)
  return result.data
}
