/**
 * `npm run destroy`: removes a stage from AWS, and keeps what is stored unless told otherwise.
 */
import * as screen from '@clack/prompts'
import { fail } from './console/run-cloud.ts'
import { awsTarget } from './deploy/aws-target.ts'
import { type Confirm, destroy } from './deploy/destroy.ts'
import { destroyHelp, readDestroyOptions } from './deploy/options.ts'

const confirm: Confirm = async (question, word) => {
  if (word === null) return (await screen.confirm({ message: question, initialValue: false })) === true
  return (await screen.text({ message: `${question} No photo comes back. Type ${word} to go on` })) === word
}

try {
  const options = readDestroyOptions(process.argv.slice(2))
  if (options === null) process.stdout.write(destroyHelp)
  else if (!(await destroy(options, awsTarget(options.endpoint, process.env), confirm))) process.exitCode = 1
} catch (error) {
  fail(error)
}
