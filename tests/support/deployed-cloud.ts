import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { AdminDeleteUserCommand, CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import type { TestProject } from 'vitest/node'
import { createAdmin, newPassword } from '../../scripts/deploy/admin.ts'
import { awsTarget } from '../../scripts/deploy/aws-target.ts'
import { findDeployment } from '../../scripts/deploy/deployment.ts'
import { openFrontDoor } from '../../scripts/endpoint/front-door.ts'

/** Glowworm as `npm run deploy` has left it, on AWS or at an endpoint, with an account for these tests alone. */
export default async function setup(project: TestProject) {
  const { GLOWWORM_E2E_ENDPOINT, GLOWWORM_E2E_STAGE = 'dev' } = process.env
  const { config, endpoint } = awsTarget(GLOWWORM_E2E_ENDPOINT, process.env)
  const deployment = await findDeployment(new CloudFormationClient(config), GLOWWORM_E2E_STAGE)
  if (deployment === null) {
    throw new Error(`Stage ${GLOWWORM_E2E_STAGE} is not deployed at ${endpoint ?? 'AWS'}. Deploy it: npm run deploy.`)
  }
  const { ApiUrl, WebSocketUrl, UserPoolId, SiteUrl, RenditionsBucketName } = deployment
  const door =
    endpoint === null
      ? null
      : await openFrontDoor({
          endpoint,
          apiUrl: ApiUrl,
          renditionsBucket: RenditionsBucketName,
        })
  const url = door?.url ?? SiteUrl
  if (url === undefined) throw new Error(`Stage ${GLOWWORM_E2E_STAGE} has no site.`)

  const cognito = new CognitoIdentityProviderClient(config)
  const admin = { email: `e2e-${Date.now()}@example.com`, password: newPassword() }
  await createAdmin(cognito, UserPoolId, admin)

  project.provide('cloud', {
    url,
    ws_url: WebSocketUrl,
    admin_email: admin.email,
    admin_password: admin.password,
  })
  project.provide('aws', config)
  project.provide('cannot', {
    'tokens of our own making': 'the key of the user pool is not ours',
    'updates in order': 'SNS promises none',
    'a gateway of our own': 'its gateway has names and paths of its own',
    ...(endpoint !== null && { 'the refusals of API Gateway': 'an emulator may refuse in other words' }),
    'logs in files': 'the logs of its functions are in CloudWatch',
  })
  return async () => {
    await cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username: admin.email }))
    await door?.close()
  }
}
