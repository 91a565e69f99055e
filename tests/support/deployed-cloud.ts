import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation'
import { AdminDeleteUserCommand, CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import type { TestProject } from 'vitest/node'
import { createAdmin, newPassword } from '../../scripts/deploy/admin.ts'
import { awsTarget } from '../../scripts/deploy/aws-target.ts'
import { type DeployedResource, findDeployment, stackId, stackResources } from '../../scripts/deploy/deployment.ts'
import { openFrontDoor } from '../../scripts/endpoint/front-door.ts'
import type { OwnResources } from './cloud-under-test.ts'
import { routesIn } from './template-routes.ts'

/** Glowworm as `npm run deploy` has left it, on AWS or at an endpoint, with an account for these tests alone. */
export default async function setup(project: TestProject) {
  const { GLOWWORM_E2E_ENDPOINT, GLOWWORM_E2E_STAGE = 'dev' } = process.env
  const { config, endpoint } = awsTarget(GLOWWORM_E2E_ENDPOINT, process.env)
  const cloudFormation = new CloudFormationClient(config)
  const deployment = await findDeployment(cloudFormation, GLOWWORM_E2E_STAGE)
  if (deployment === null) {
    throw new Error(`Stage ${GLOWWORM_E2E_STAGE} is not deployed at ${endpoint ?? 'AWS'}. Deploy it: npm run deploy.`)
  }
  const own = await ownResources(cloudFormation, GLOWWORM_E2E_STAGE)
  const routes = await deployedRoutes(cloudFormation, GLOWWORM_E2E_STAGE)
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

  project.provide('clouds', [
    {
      cloud: { url, ws_url: WebSocketUrl, admin_email: admin.email, admin_password: admin.password },
      aws: config,
      own,
      routes,
      cannot: {
        'tokens of our own making': 'the key of the user pool is not ours',
        'a gateway of our own': 'its gateway has names and paths of its own',
        ...(endpoint !== null && { "an authoriser's 401": 'an emulator may answer 500 for an authoriser that throws' }),
        'logs in files': 'the logs of its functions are in CloudWatch',
      },
    },
  ])
  return async () => {
    await cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username: admin.email }))
    await door?.close()
  }
}

async function deployedRoutes(client: CloudFormationClient, stage: string): Promise<readonly string[]> {
  const { TemplateBody = '' } = await client.send(
    new GetTemplateCommand({ StackName: stackId(stage, 'api'), TemplateStage: 'Original' }),
  )
  return routesIn([TemplateBody])
}

/** By what the stacks of the stage say: others in the account may have names like these. */
async function ownResources(client: CloudFormationClient, stage: string): Promise<OwnResources> {
  const [storage, processing] = await Promise.all([
    stackResources(client, stackId(stage, 'storage')),
    stackResources(client, stackId(stage, 'processing')),
  ])
  const queue = onlyOne(processing, 'AWS::SQS::Queue', 'JobsHighDeadLettersQueue')
  return {
    ticketsTable: onlyOne(storage, 'AWS::DynamoDB::Table', 'TicketsTable'),
    highDeadLetters: queue.slice(queue.lastIndexOf('/') + 1),
  }
}

/** @param name logical id without the hash that the CDK adds */
function onlyOne(resources: readonly DeployedResource[], type: string, name: string): string {
  const found = resources.filter(
    (resource) => resource.type === type && resource.logicalId.replace(/[0-9A-F]{8}$/, '') === name,
  )
  const [only] = found
  if (only === undefined || found.length > 1)
    throw new Error(`Expected one ${name} of the stage, found ${found.length}.`)
  return only.id
}
