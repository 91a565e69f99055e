import { randomBytes } from 'node:crypto'
import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  type CognitoIdentityProviderClient,
  ListUsersInGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider'

/** The group of the template whose members may use the API. */
const GroupName = 'admins'

export async function hasAdmin(client: CognitoIdentityProviderClient, UserPoolId: string): Promise<boolean> {
  const { Users = [] } = await client.send(new ListUsersInGroupCommand({ UserPoolId, GroupName, Limit: 1 }))
  return Users.length > 0
}

/** An account that may sign in at once: its user name is its address, and its password is final. No mail is sent. */
export async function createAdmin(
  client: CognitoIdentityProviderClient,
  UserPoolId: string,
  { email, password }: { readonly email: string; readonly password: string },
): Promise<void> {
  const user = { UserPoolId, Username: email }
  const UserAttributes = [
    { Name: 'email', Value: email },
    { Name: 'email_verified', Value: 'true' },
  ]
  await client.send(new AdminCreateUserCommand({ ...user, UserAttributes, MessageAction: 'SUPPRESS' }))
  await client.send(new AdminSetUserPasswordCommand({ ...user, Password: password, Permanent: true }))
  await client.send(new AdminAddUserToGroupCommand({ ...user, GroupName }))
}

/** Of every kind of character that the user pool demands. */
export const newPassword = (): string => `Gw7-${randomBytes(15).toString('base64url')}`
