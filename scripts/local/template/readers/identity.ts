import { z } from 'zod'
import type { UserPoolModel } from '../../model.ts'
import { because, harmless, texts } from '../properties.ts'
import type { Resources } from '../resources.ts'

const userPool = z.strictObject({
  UserPoolName: harmless(because.description),
  AccountRecoverySetting: harmless('no mail leaves this machine'),
  AdminCreateUserConfig: harmless('the one user is made at the start'),
  AutoVerifiedAttributes: harmless('no mail leaves this machine'),
  DeletionProtection: harmless('nothing deletes a user pool here but --reset'),
  EmailVerificationMessage: harmless('no mail leaves this machine'),
  EmailVerificationSubject: harmless('no mail leaves this machine'),
  EnabledMfas: harmless('the one user signs in by password'),
  MfaConfiguration: harmless('the one user signs in by password'),
  Policies: harmless('the one password is random'),
  Schema: harmless('only the email address is used'),
  SmsVerificationMessage: harmless('no message leaves this machine'),
  UserPoolAddOns: harmless('there is no attacker to detect'),
  UserPoolTags: harmless(because.tags),
  UserPoolTier: harmless(because.tags),
  UsernameAttributes: z.array(z.literal('email', 'Expected users to sign in by email')).optional(),
  UsernameConfiguration: harmless('the one address is in lower case'),
  VerificationMessageTemplate: harmless('no mail leaves this machine'),
})

const client = z.strictObject({
  UserPoolId: z.string(),
  ClientName: harmless(because.description),
  GenerateSecret: z.union([z.literal(false), z.literal('false')]).optional(),
  ExplicitAuthFlows: texts,
  SupportedIdentityProviders: z.array(z.literal('COGNITO')).optional(),
  AccessTokenValidity: harmless('the user pool here gives its tokens a day'),
  IdTokenValidity: harmless('the user pool here gives its tokens a day'),
  RefreshTokenValidity: harmless('the user pool here gives its tokens a day'),
  TokenValidityUnits: harmless('the user pool here gives its tokens a day'),
  AuthSessionValidity: harmless('no challenge takes that long'),
  EnableTokenRevocation: harmless('signing out forgets the cookies'),
  PreventUserExistenceErrors: harmless('there is one user, whose name is printed'),
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
