import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { Refusal } from '../console/refusal.ts'
import type { AwsTarget } from './aws-target.ts'

export interface Account {
  readonly account: string
  readonly arn: string
  readonly region: string
}

/** Whose account it is. @throws Refusal where no credentials or no region are found, or nothing answers */
export async function whoAmI({ config, endpoint }: AwsTarget): Promise<Account> {
  const client = new STSClient({ ...config, maxAttempts: 2 })
  const region = await client.config.region().catch((cause: unknown) => {
    throw new Refusal(
      'There is no region to deploy to. Set AWS_REGION (not AWS_DEFAULT_REGION), or one in your AWS profile.',
      { cause },
    )
  })
  try {
    const { Account: account = '', Arn: arn = '' } = await client.send(new GetCallerIdentityCommand())
    return { account, arn, region }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message || cause.name : String(cause)
    throw new Refusal(
      endpoint !== null
        ? `Nothing that is like AWS answers at ${endpoint} (${reason}). ` +
            'Start it (docs/deploy.md, Emulators), or leave --endpoint out for AWS.'
        : isUnreachable(cause)
          ? `AWS cannot be reached in ${region} (${reason}). Look at the network, and at the region's name.`
          : `AWS does not let you in (${reason}). Sign in (aws sso login), or set AWS_PROFILE.`,
      { cause },
    )
  }
}

/** Nobody there who could say no. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT)$/.test(String(error.code))

/** Version of what `cdk bootstrap` has left in the account; null before it ran. */
export async function bootstrapVersion({ config }: AwsTarget): Promise<number | null> {
  try {
    const Name = '/cdk-bootstrap/hnb659fds/version'
    const { Parameter } = await new SSMClient(config).send(new GetParameterCommand({ Name }))
    return Number(Parameter?.Value)
  } catch (error) {
    if (error instanceof ParameterNotFound) return null
    throw error
  }
}

/** Executions that the account may have at once, of all its functions together. */
export async function concurrencyQuota({ config }: AwsTarget): Promise<number> {
  const { AccountLimit } = await new LambdaClient(config).send(new GetAccountSettingsCommand())
  return AccountLimit?.ConcurrentExecutions ?? 0
}
