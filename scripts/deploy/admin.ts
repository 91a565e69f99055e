import { randomBytes } from 'node:crypto'
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type CognitoIdentityProviderClient,
  ListUsersInGroupCommand,
  UsernameExistsException,
} from '@aws-sdk/client-cognito-identity-provider'

/** The group of the template whose members may use the API. */
const GroupName = 'admins'

export async function hasAdmin(client: CognitoIdentityProviderClient, UserPoolId: string): Promise<boolean> {
  const { Users = [] } = await client.send(new ListUsersInGroupCommand({ UserPoolId, GroupName, Limit: 1 }))
  return Users.length > 0
}

export interface Account {
  readonly email: string
  readonly password: string
}

/** An account that may sign in at once, and use the API. */
export async function createAdmin(
  client: CognitoIdentityProviderClient,
  UserPoolId: string,
  account: Account,
): Promise<void> {
  await createAccount(client, UserPoolId, account)
  await client.send(new AdminAddUserToGroupCommand({ UserPoolId, Username: account.email, GroupName }))
}

/**
 * Its user name is its address, and its password is final. No mail is sent. It is in no group. One that is there already,
 * as after an attempt that ended half-way, gets this password.
 */
export async function createAccount(
  client: CognitoIdentityProviderClient,
  UserPoolId: string,
  { email, password }: Account,
): Promise<void> {
  const user = { UserPoolId, Username: email }
  const UserAttributes = [
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
  ]
  try {
    await client.send(new AdminCreateUserCommand({ ...user, UserAttributes, MessageAction: 'SUPPRESS' }))
  } catch (error) {
    if (!(error instanceof UsernameExistsException)) throw error
  }
  await client.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }))
}

/** What the user pool demands (infra/constructs/user-directory.ts), in the characters that Cognito counts as symbols. */
const demands: readonly (readonly [RegExp, string])[] = [
  [/^.{12,256}$/s, '12 to 256 characters'],
  [/[a-z]/, 'a lower-case letter'],
  [/[A-Z]/, 'an upper-case letter'],
  [/[0-9]/, 'a digit'],
  [/[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+ -]/, 'a symbol'],
  [/^\S(.*\S)?$/s, 'no space at either end'],
]

/** Why Cognito would refuse it; null if it would not. */
export function passwordComplaint(password: string): string | null {
  const missing = demands.filter(([pattern]) => !pattern.test(password)).map(([, demand]) => demand)
  return missing.length === 0 ? null : `A password needs ${missing.join(', ')}.`
}

/** Of every kind of character that the user pool demands. */
export const newPassword = (): string => `Gw7-${randomBytes(15).toString('base64url')}`
