import { DateClock } from 'cognito-local/lib/services/clock.js'
import { type CognitoService, CognitoServiceFactoryImpl } from 'cognito-local/lib/services/cognitoService.js'
import { type UserPoolService, UserPoolServiceFactoryImpl } from 'cognito-local/lib/services/userPoolService.js'
import type { UserPoolModel } from '../../model.ts'
import { JsonDataStoreFactory } from './json-data-store.ts'
import { silentContext as ctx } from './silent-context.ts'
import { hasExpired } from './tokens.ts'

// As the template has it: people sign in by user name, and the user name is their address.
const poolDefaults = { UsernameAttributes: [], MfaConfiguration: 'OFF' }

/** The stored pools, brought to what the template declares: their clients and groups under the declared ids. */
export async function openUserPools(directory: string, models: readonly UserPoolModel[]): Promise<CognitoService> {
  const stores = new JsonDataStoreFactory(directory)
  const pools = new UserPoolServiceFactoryImpl(new DateClock(), stores)
  const cognito = await new CognitoServiceFactoryImpl(directory, stores, pools).create(ctx, poolDefaults)
  const stored = new Set((await cognito.listUserPools(ctx)).map((pool) => pool.Id))
  for (const model of models) {
    if (!stored.has(model.id)) await createPool(cognito, model)
    const pool = await cognito.getUserPool(ctx, model.id)
    await addClients(cognito, pool, model)
    await addGroups(pool, model)
    await forgetExpiredTokens(pool)
  }
  return cognito
}

async function createPool(cognito: CognitoService, model: UserPoolModel): Promise<void> {
  const now = new Date()
  const pool = { Id: model.id, Name: model.id, Arn: model.arn, CreationDate: now, LastModifiedDate: now }
  await cognito.createUserPool(ctx, { ...poolDefaults, ...pool })
}

async function addClients(cognito: CognitoService, pool: UserPoolService, model: UserPoolModel): Promise<void> {
  for (const clientId of model.clientIds) {
    if ((await cognito.getAppClient(ctx, clientId))?.UserPoolId === model.id) continue
    const now = new Date()
    await pool.saveAppClient(ctx, {
      UserPoolId: model.id,
      ClientId: clientId,
      ClientName: clientId,
      CreationDate: now,
      LastModifiedDate: now,
      ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
      // The defaults of Cognito.
      AccessTokenValidity: 1,
      IdTokenValidity: 1,
      RefreshTokenValidity: 30,
      TokenValidityUnits: { AccessToken: 'hours', IdToken: 'hours', RefreshToken: 'days' },
    })
  }
}

async function addGroups(pool: UserPoolService, model: UserPoolModel): Promise<void> {
  for (const name of model.groups) {
    if ((await pool.getGroupByGroupName(ctx, name)) !== null) continue
    const now = new Date()
    await pool.saveGroup(ctx, { GroupName: name, CreationDate: now, LastModifiedDate: now })
  }
}

/** Every sign-in adds a token to the file that every sign-in writes. */
async function forgetExpiredTokens(pool: UserPoolService): Promise<void> {
  for (const user of await pool.listUsers(ctx)) {
    const alive = user.RefreshTokens.filter((token) => !hasExpired(token))
    if (alive.length < user.RefreshTokens.length) await pool.saveUser(ctx, { ...user, RefreshTokens: alive })
  }
}
