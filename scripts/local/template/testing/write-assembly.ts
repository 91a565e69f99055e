import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type DeclaredResources = Record<
  string,
  { Type: string; Properties?: Record<string, unknown>; Condition?: string }
>

export interface DeclaredStack {
  readonly Resources: DeclaredResources
  readonly Outputs?: Record<string, unknown>
  readonly Conditions?: Record<string, unknown>
}

/** Writes a cloud assembly as `cdk synth` does: stacks by name, and folders of assets by hash (`{hash}.zip` is the key). */
export async function writeAssembly(
  cdkOut: string,
  stacks: Readonly<Record<string, DeclaredStack>>,
  assets: readonly string[] = [],
): Promise<void> {
  const artifacts: Record<string, unknown> = {
    assets: { type: 'cdk:asset-manifest', properties: { file: 'assets.json' } },
  }
  for (const [name, template] of Object.entries(stacks)) {
    artifacts[name] = { type: 'aws:cloudformation:stack', properties: { templateFile: `${name}.template.json` } }
    await writeFile(join(cdkOut, `${name}.template.json`), JSON.stringify(template))
  }
  const files = Object.fromEntries(
    assets.map((hash) => [
      hash,
      {
        source: { path: `asset.${hash}`, packaging: 'zip' },
        destinations: { 'current_account-current_region': { bucketName: 'assets', objectKey: `${hash}.zip` } },
      },
    ]),
  )
  for (const hash of assets) await mkdir(join(cdkOut, `asset.${hash}`), { recursive: true })
  await writeFile(join(cdkOut, 'assets.json'), JSON.stringify({ version: '1', files }))
  await writeFile(join(cdkOut, 'manifest.json'), JSON.stringify({ version: '1', artifacts }))
}
