/**
 * `npm run deploy`: from the sources to a system that runs, on AWS or at an endpoint that stands in for it.
 */
import * as screen from '@clack/prompts'
import { Refusal } from './console/refusal.ts'
import { fail } from './console/run-cloud.ts'
import { passwordComplaint } from './deploy/admin.ts'
import { awsTarget } from './deploy/aws-target.ts'
import { deploy, type Questions } from './deploy/deploy.ts'
import { deployHelp, isEmailAddress, readDeployOptions } from './deploy/options.ts'

const questions: Questions = {
  async goOn(question) {
    return (await screen.confirm({ message: question, initialValue: false })) === true
  },
  async firstAdmin(given) {
    const email =
      given ??
      (await screen.text({
        message: 'Address of the first admin, or nothing for none now',
        placeholder: 'you@example.com',
        validate: (value = '') =>
          value === '' || isEmailAddress(value) ? undefined : 'Expected an address such as you@example.com.',
      }))
    if (screen.isCancel(email) || email === undefined || email === '') return null
    const password = await screen.password({
      message: 'Password: 12 characters of every kind, or nothing for one that is made and shown once',
      validate: (value = '') => (value === '' ? undefined : (passwordComplaint(value) ?? undefined)),
    })
    if (screen.isCancel(password)) return null
    return { email: email.toLowerCase(), password: password || null }
  },
}

try {
  const options = readDeployOptions(process.argv.slice(2))
  if (options === null) process.stdout.write(deployHelp)
  else {
    // An emulator is never asked about.
    const asks = !options.yes && options.endpoint === undefined
    if (asks && !process.stdin.isTTY) throw new Refusal('There is nobody to ask: say --yes.')
    const isDeployed = await deploy(options, awsTarget(options.endpoint, process.env), questions)
    if (!isDeployed) process.exitCode = 1
  }
} catch (error) {
  fail(error)
}
