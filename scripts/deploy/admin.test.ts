import { CognitoIdentityProviderClient, UsernameExistsException } from '@aws-sdk/client-cognito-identity-provider'
import { expect, it, vi } from 'vitest'
import { createAdmin, newPassword, passwordComplaint } from './admin.ts'

it.each(['Correct-horse-4', '`ABCabc12345', 'Two words of 9'])('%s is a password that Cognito takes', (password) => {
  expect(passwordComplaint(password)).toBeNull()
})

it('a password that is made up is one that Cognito takes', () => {
  expect(passwordComplaint(newPassword())).toBeNull()
})

it.each([
  ['Short-1', '12 to 256 characters'],
  [`Aa1-${'x'.repeat(253)}`, '12 to 256 characters'],
  ['NO-LOWER-CASE-1', 'a lower-case letter'],
  ['no-upper-case-1', 'an upper-case letter'],
  ['No-digit-at-all', 'a digit'],
  ['NoSymbolAtAll1', 'a symbol'],
  ['Euro€IsNoSymbol1', 'a symbol'],
  [' Space-at-the-front-1', 'no space at either end'],
  ['onlylowercase', 'an upper-case letter, a digit, a symbol'],
])('%j is refused, with the reason', (password, reason) => {
  expect(passwordComplaint(password)).toBe(`A password needs ${reason}.`)
})

it('an account that an earlier attempt has left half-way becomes an admin', async () => {
  const client = new CognitoIdentityProviderClient({ region: 'us-east-1' })
  const calls: string[] = []
  vi.spyOn(client, 'send').mockImplementation((async (command: object) => {
    calls.push(command.constructor.name)
    if (calls.length === 1) throw new UsernameExistsException({ message: 'there', $metadata: {} })
    return {}
  }) as never)
  await createAdmin(client, 'pool', { email: 'a@example.com', password: 'Correct-horse-4' })
  expect(calls).toEqual(['AdminCreateUserCommand', 'AdminSetUserPasswordCommand', 'AdminAddUserToGroupCommand'])
})
