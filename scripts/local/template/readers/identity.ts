import { z } from 'zod'
import type { UserPoolModel } from '../../model.ts'
import { because, harmless, texts } from '../properties.ts'
import type { Resources } from '../resources.ts'

const userPool = z.strictObject({
  UserPoolName: harmless(because.description),
  AccountRecoverySetting: harmless('no mail leaves this machine'),
  AdminCreateUserConfig: harmless('whoever reaches this machine may make users; only those in the group get anywhere'),
  AutoVerifiedAttributes: harmless('no mail leaves this machine'),
  DeletionProtection: harmless('it guards against a deletion of the stack, and no stack is deleted here'),
  EmailVerificationMessage: harmless('no mail leaves this machine'),
  EmailVerificationSubject: harmless('no mail leaves this machine'),
  EnabledMfas: harmless('it says by what, and MFA is off'),
  MfaConfiguration: z.literal('OFF', 'Expected OFF: there is no second factor here').optional(),
  Policies: harmless('the password that is printed is random; others are those of tests'),
  Schema: harmless('only the email address is used'),
  SmsVerificationMessage: harmless('no message leaves this machine'),
  UserPoolAddOns: harmless('guessing is stopped by the code, here and there'),
  UserPoolTags: harmless(because.tags),
  UserPoolTier: harmless('it is a matter of the bill'),
  UsernameAttributes: z.array(z.literal('email', 'Expected users to sign in by email')).optional(),
  UsernameConfiguration: harmless('addresses are made in lower case here'),
  VerificationMessageTemplate: harmless('no mail leaves this machine'),
})

const fixedValidity = 'tokens here live as long as those of Cognito by default: an hour, and 30 days to renew them'

const client = z.strictObject({
  UserPoolId: z.string(),
  ClientName: harmless(because.description),
  GenerateSecret: z.union([z.literal(false), z.literal('false')]).optional(),
  ExplicitAuthFlows: texts,
  SupportedIdentityProviders: z.array(z.literal('COGNITO')).optional(),
  AccessTokenValidity: harmless(fixedValidity),
  IdTokenValidity: harmless(fixedValidity),
  RefreshTokenValidity: harmless(fixedValidity),
  TokenValidityUnits: harmless(fixedValidity),
  AuthSessionValidity: harmless('no challenge takes that long'),
  EnableTokenRevocation: harmless('tokens can be revoked here anyway'),
  PreventUserExistenceErrors: harmless('the code gives one answer for both, whatever Cognito says'),
  AllowedOAuthFlows: harmless('nobody signs in by OAuth'),
  AllowedOAuthFlowsUserPoolClient: harmless('nobody signs in by OAuth'),
  AllowedOAuthScopes: harmless('nobody signs in by OAuth'),
  CallbackURLs: harmless('nobody signs in by OAuth'),
  ReadAttributes: harmless(because.permissions),
  WriteAttributes: harmless(because.permissions),
})

const group = z.strictObject({
  UserPoolId: z.string(),
  GroupName: z.string(),
  Description: harmless(because.description),
  Precedence: harmless('it orders roles, and no group has one'),
})

export function readUserPools(resources: Resources): readonly UserPoolModel[] {
  const clients = resources.read('AWS::Cognito::UserPoolClient', client)
  const groups = resources.read('AWS::Cognito::UserPoolGroup', group)
  return resources.read('AWS::Cognito::UserPool', userPool).map(({ ref, attributes }) => ({
    id: ref,
    arn: attributes.Arn ?? '',
    clientIds: clients.filter(({ properties }) => properties.UserPoolId === ref).map((one) => one.ref),
    groups: groups.filter(({ properties }) => properties.UserPoolId === ref).map((one) => one.properties.GroupName),
  }))
}
