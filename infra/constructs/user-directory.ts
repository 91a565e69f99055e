import { AccountRecovery, Mfa, UserPool, type UserPoolClient, UserPoolGroup } from 'aws-cdk-lib/aws-cognito'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Duration, Stack, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { removalPolicy } from './removal-policy.ts'

/** The people who may sign in: accounts are made by an administrator, and only members of `admins` get anywhere. */
export class UserDirectory extends Construct {
  readonly pool: UserPool
  readonly client: UserPoolClient

  constructor(scope: Construct, id: string, props: { readonly config: StageConfig }) {
    super(scope, id)
    const { config } = props
    this.pool = new UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      // Their user name is their address, so that an access token, which carries nothing else, says who it is.
      signInAliases: { username: true },
      standardAttributes: { email: { required: true, mutable: true } },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      mfa: Mfa.OFF,
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      deletionProtection: config.retainData,
      removalPolicy: removalPolicy(config),
    })
    Validations.of(this.pool).acknowledge(
      {
        id: 'AwsSolutions-COG2',
        reason:
          'Sign-in is one step with a password behind the BFF; the contract has no place for a second factor yet.',
      },
      {
        id: 'AwsSolutions-COG8',
        reason:
          'Threat protection needs the Plus tier, which bills every user who signs in. There is no self sign-up, and sign-in has a throttle of its own.',
      },
    )
    new UserPoolGroup(this, 'Admins', { userPool: this.pool, groupName: 'admins' })
    this.client = this.pool.addClient('Client', {
      generateSecret: false,
      authFlows: { userPassword: true },
      disableOAuth: true,
      preventUserExistenceErrors: true,
      enableTokenRevocation: true,
      accessTokenValidity: Duration.hours(1),
      idTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(30),
    })
  }

  /** Signing in and checking tokens are public calls of Cognito: knowing whom to ask is all a function needs. */
  bind(fn: LambdaFunction): void {
    fn.addEnvironment('USER_POOL_CLIENT_ID', this.client.userPoolClientId)
    // What ProviderURL is on AWS, and what tokens say; not every emulator of AWS has that attribute.
    const { region, urlSuffix } = Stack.of(this)
    fn.addEnvironment('TOKEN_ISSUER', `https://cognito-idp.${region}.${urlSuffix}/${this.pool.userPoolId}`)
  }
}
