/**
 * `npm run destroy`: removes a stage from AWS, and keeps what is stored unless told otherwise.
 */
import { Refusal } from './console/refusal.ts'
import { fail } from './console/run-cloud.ts'
import { awsTarget } from './deploy/aws-target.ts'
import { confirmAt } from './deploy/confirm.ts'
import { destroy } from './deploy/destroy.ts'
import { destroyHelp, readDestroyOptions } from './deploy/options.ts'

const confirm = confirmAt({ input: process.stdin, output: process.stdout })

try {
  const options = readDestroyOptions(process.argv.slice(2))
  if (options === null) process.stdout.write(destroyHelp)
  else {
    if (!options.yes && !process.stdin.isTTY) {
      const orYes = options.deleteOriginals && options.stage === 'prod' ? '' : ', or with --yes'
      throw new Refusal(`There is nobody to ask: say it in a terminal${orYes}.`)
    }
    if (!(await destroy(options, awsTarget(options.endpoint, process.env), confirm))) process.exitCode = 1
  }
} catch (error) {
  fail(error)
}
