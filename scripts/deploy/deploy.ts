import { relative } from 'node:path'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { S3Client } from '@aws-sdk/client-s3'
import { Refusal } from '../console/refusal.ts'
import { say } from '../console/run-cloud.ts'
import { createAdmin, hasAdmin, newPassword } from './admin.ts'
import { neededBootstrap, queueConcurrency } from './assembly.ts'
import { type AwsTarget, inRegion } from './aws-target.ts'
import { type Built, buildForDeployment } from './build.ts'
import { cdk } from './cdk.ts'
import { type Deployment, findDeployment, stackId } from './deployment.ts'
import { type DeployOptions, wantedStacks } from './options.ts'
import { type Account, bootstrapVersion, concurrencyQuota, whoAmI } from './preflight.ts'
import { forgetChanged, uploadSite } from './upload-site.ts'

/** What only a person can say. */
export interface Questions {
  /** Whether to go on with what has just been shown. */
  goOn(question: string): Promise<boolean>
  /** Address and password of the first admin; null for none now, or for a password that is to be made up. */
  firstAdmin(email: string | undefined): Promise<{ readonly email: string; readonly password: string | null } | null>
}

/** What takes minutes, and what runs outside this process. */
export interface Tools {
  readonly build: typeof buildForDeployment
  readonly cdk: typeof cdk
}

/**
 * From the sources to a system that runs.
 * @returns whether it was deployed: false if somebody did not want to go on
 * @throws Refusal for what the user can put right
 */
export async function deploy(
  options: DeployOptions,
  given: AwsTarget,
  questions: Questions,
  tools: Tools = { build: buildForDeployment, cdk },
): Promise<boolean> {
  const account = await whoAmI(given)
  const target = inRegion(given, account.region)
  const place = target.endpoint ?? `account ${account.account} (${account.arn}), region ${account.region}`
  say(`Glowworm, stage ${options.stage}, to ${place}.\nBuilding …`)
  const built = await tools.build(options, target.endpoint, account)
  const wanted = wantedStacks(options)
  const stacks = wanted.map((name) => stackId(options.stage, name))
  await prepare(target, account, built, stacks, tools)
  if (target.endpoint === null) {
    await tools.cdk(target, 'diff', '--app', built.assembly, ...stacks)
    if (!options.yes && !(await questions.goOn(`Deploy this to account ${account.account}?`))) return false
  }
  await tools.cdk(target, 'deploy', ...deployArguments(target, built), ...stacks)
  const deployment = await findDeployment(new CloudFormationClient(target.config), options.stage)
  if (deployment === null) throw new Error(`Stage ${options.stage} is deployed, and its stacks do not say where.`)
  // An earlier stack may be there still: its files are to fit it.
  if (wanted.includes('site')) await publishSite(target, deployment, built)
  // Before anything else that may fail: whoever has to begin again knows where it is.
  say(addresses(deployment, target))
  await ensureAdmin(target, deployment, options, questions)
  return true
}

/** A stack of an emulator is made directly: change sets are what emulators know least of. */
const deployArguments = ({ endpoint }: AwsTarget, { assembly }: Built): readonly string[] => [
  ...['--app', assembly, '--require-approval', 'never', '--progress', 'events'],
  ...(endpoint === null ? [] : ['--method', 'direct']),
]

/** Looks whether the account can take what is to come; an emulator is made ready without asking. */
async function prepare(
  target: AwsTarget,
  account: Account,
  { assembly }: Built,
  stacks: readonly string[],
  tools: Tools,
): Promise<void> {
  const [version, needed] = await Promise.all([bootstrapVersion(target), neededBootstrap(assembly)])
  const environment = `aws://${account.account}/${account.region}`
  if (version === null || version < needed) {
    if (target.endpoint === null) {
      throw new Refusal(
        `The CDK needs its bootstrap in ${environment}, version ${needed} or newer; there is ${version ?? 'none'}. ` +
          `Once for the account and region: npx cdk bootstrap --app ${relative(process.cwd(), assembly)} ${environment}`,
      )
    }
    await tools.cdk(target, 'bootstrap', '--app', assembly, environment)
  }
  if (target.endpoint !== null) return
  const [quota, queues] = await Promise.all([concurrencyQuota(target), queueConcurrency(assembly, stacks)])
  const complaint = quotaComplaint(quota, queues)
  if (complaint !== null) say(complaint)
}

/** Of executions at once: what the queues may take, and as many again for people. */
export function quotaComplaint(quota: number, queues: number): string | null {
  if (quota >= 2 * queues) return null
  return (
    `Mind: this account may run ${quota} Lambda functions at once, and the queues alone may take ${queues}. Requests ` +
    'will be refused while photos are processed. Ask for more under Service Quotas, "Concurrent executions" of Lambda.'
  )
}

async function publishSite({ config, endpoint }: AwsTarget, deployment: Deployment, { site }: Built): Promise<void> {
  const { SiteBucketName, DistributionId } = deployment
  if (SiteBucketName === undefined || DistributionId === undefined) return
  const sent = await uploadSite(new S3Client({ ...config, forcePathStyle: endpoint !== null }), SiteBucketName, site)
  await forgetChanged(new CloudFrontClient(config), DistributionId, sent)
  say(sent.length === 0 ? 'The site is current.' : `The site: ${sent.length} files sent.`)
}

async function ensureAdmin(
  { config, endpoint }: AwsTarget,
  { UserPoolId }: Deployment,
  { adminEmail, yes }: DeployOptions,
  questions: Questions,
): Promise<void> {
  const cognito = new CognitoIdentityProviderClient(config)
  if (await hasAdmin(cognito, UserPoolId)) return
  const unasked = endpoint === null ? adminEmail : (adminEmail ?? 'admin@example.com')
  const admin =
    yes || endpoint !== null
      ? unasked === undefined
        ? null
        : { email: unasked, password: null }
      : await questions.firstAdmin(adminEmail)
  if (admin === null) {
    say('Nobody can sign in yet: deploy again with --admin-email you@example.com.')
    return
  }
  const { email } = admin
  const password = admin.password ?? newPassword()
  await createAdmin(cognito, UserPoolId, { email, password })
  say(
    admin.password === null
      ? `The first admin, shown this once:\n  ${email}   ${password}`
      : `The first admin: ${email}`,
  )
}

/** What the user is told at the end. */
export function addresses(deployment: Deployment, { endpoint }: Pick<AwsTarget, 'endpoint'>): string {
  const { SiteUrl, ApiUrl, WebSocketUrl, DistributionDomainName, UserPoolId, DashboardUrl } = deployment
  const host = SiteUrl === undefined ? undefined : new URL(SiteUrl).host
  const lines: readonly (readonly [string, string | undefined])[] = [
    ['Site', SiteUrl ?? 'none'],
    // A name of one's own leads nowhere until somebody says where.
    ['DNS', host === DistributionDomainName ? undefined : `${host} → ${DistributionDomainName}`],
    ['API', ApiUrl],
    ['Socket', WebSocketUrl],
    ['Accounts', `user pool ${UserPoolId}`],
    ['Metrics', DashboardUrl],
    ['Tests', endpoint === null ? undefined : `npm run e2e -- --endpoint ${endpoint}`],
  ]
  const shown = lines.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(10)}${text}`]))
  return ['', 'Deployed:', ...shown].join('\n')
}
