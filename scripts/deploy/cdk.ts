import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { Refusal } from '../console/refusal.ts'
import type { AwsTarget } from './aws-target.ts'

const root = join(import.meta.dirname, '..', '..')

/** Runs the CDK's own command line, whose output the user sees. @throws Refusal when it ends with an error */
export async function cdk({ environment }: AwsTarget, command: string, ...args: readonly string[]): Promise<void> {
  const program = join(root, 'node_modules', 'aws-cdk', 'bin', 'cdk')
  const child = spawn(process.execPath, [program, command, ...args, '--no-notices'], {
    cwd: root,
    stdio: 'inherit',
    env: environment,
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Refusal(`cdk ${command} ended with ${code}. Its messages stand above.`)
}
