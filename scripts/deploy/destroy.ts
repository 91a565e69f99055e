import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  UpdateTerminationProtectionCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { Refusal } from '../console/refusal.ts'
import { say } from '../console/run-cloud.ts'
import type { AwsTarget } from './aws-target.ts'
import {
  type DeployedResource,
  isMissingStack,
  type StackName,
  stackId,
  stackNames,
  stackResources,
} from './deployment.ts'
import type { DestroyOptions, Stage } from './options.ts'
import { whoAmI } from './preflight.ts'
import { clear, remove, type StorageClients } from './stored-data.ts'

/** Asks whether this is meant; what cannot be undone has to be confirmed by a word. */
export type Confirm = (question: string, word: string | null) => Promise<boolean>

/**
 * Removes a stage from AWS: everything but what is stored, and that as well if it is asked for.
 * @returns false if somebody did not want it
 * @throws Refusal where there is no such stage, or not everything of it can go
 */
export async function destroy(options: DestroyOptions, target: AwsTarget, confirm: Confirm): Promise<boolean> {
  const { stage, deleteOriginals } = options
  const { account, region } = await whoAmI(target)
  const place = `stage ${stage} in ${target.endpoint ?? `account ${account}, region ${region}`}`
  const { config } = target
  const cloudFormation = new CloudFormationClient(config)
  const found = await stacksOf(cloudFormation, stage)
  if (found.length === 0) throw new Refusal(`There is no ${place}.`)
  const question = deleteOriginals
    ? `Delete ${place} with every photo, every record and every account?`
    : `Remove ${place}? Photos, records and accounts stay.`
  if (!options.yes && !(await confirm(question, deleteOriginals ? stage : null))) return false

  const clients = {
    s3: new S3Client({ ...config, forcePathStyle: target.endpoint !== null }),
    dynamoDb: new DynamoDBClient(config),
    cognito: new CognitoIdentityProviderClient(config),
  }
  // Those that others need come last.
  for (const name of found.toReversed()) {
    if (name !== 'storage') await deleteStack(cloudFormation, clients, stackId(stage, name))
    else if (deleteOriginals) await deleteStorage(cloudFormation, clients, stage)
  }
  if (!deleteOriginals && found.includes('storage')) {
    say(`Kept: ${stackId(stage, 'storage')}, with photos, records and accounts. A deployment finds them again.`)
  }
  return true
}

/**
 * What is stored goes before its stack: that knows what there is, so that the same can be run again until nothing is left.
 * The stack alone would leave what prod retains, and stop at a bucket where a late access log has come in.
 */
async function deleteStorage(client: CloudFormationClient, clients: StorageClients, stage: Stage): Promise<void> {
  const stack = stackId(stage, 'storage')
  await client.send(new UpdateTerminationProtectionCommand({ StackName: stack, EnableTerminationProtection: false }))
  for (const resource of await resourcesOf(client, stack)) {
    await clear(clients, resource)
    await remove(clients, resource)
  }
  await deleteStack(client, clients, stack)
}

async function deleteStack(client: CloudFormationClient, clients: StorageClients, stack: string): Promise<void> {
  say(`Deleting ${stack} …`)
  for (const resource of await resourcesOf(client, stack)) await clear(clients, resource)
  await client.send(new DeleteStackCommand({ StackName: stack }))
  await waitUntilStackDeleteComplete(
    { client, maxWaitTime: 1800, minDelay: 2, maxDelay: 15 },
    { StackName: stack },
  ).catch((cause: unknown) => {
    throw new Refusal(`${stack} is not deleted. Its events in CloudFormation say why; then run the same again.`, {
      cause,
    })
  })
}

/** Those of a stage that exist, in the order in which they depend on one another. */
async function stacksOf(client: CloudFormationClient, stage: Stage): Promise<readonly StackName[]> {
  const there = await Promise.all(stackNames.map((name) => exists(client, stackId(stage, name))))
  return stackNames.filter((_, index) => there[index])
}

async function exists(client: CloudFormationClient, StackName: string): Promise<boolean> {
  try {
    await client.send(new DescribeStacksCommand({ StackName }))
    return true
  } catch (error) {
    if (isMissingStack(error)) return false
    throw error
  }
}

/** The bucket of access logs comes last: reading and deleting the others is what is written there. */
async function resourcesOf(client: CloudFormationClient, stack: string): Promise<readonly DeployedResource[]> {
  const all = await stackResources(client, stack)
  const isLog = ({ logicalId }: DeployedResource) => logicalId.startsWith('AccessLogs')
  return [...all.filter((each) => !isLog(each)), ...all.filter(isLog)]
}
