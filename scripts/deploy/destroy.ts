import {
  CloudFormationClient,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateListStackResources,
  UpdateTerminationProtectionCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { S3Client } from '@aws-sdk/client-s3'
import { Refusal } from '../console/refusal.ts'
import { say } from '../console/run-cloud.ts'
import type { AwsTarget } from './aws-target.ts'
import { isMissingStack, type StackName, stackId, stackNames } from './deployment.ts'
import type { DestroyOptions } from './options.ts'
import { whoAmI } from './preflight.ts'
import { clear, remove, type StackResource, type StorageClients } from './stored-data.ts'

/** Asks whether this is meant; what is beyond recovery has to be confirmed by a word. */
export type Confirm = (question: string, word: string | null) => Promise<boolean>

/**
 * Removes a stage from AWS: everything but what is stored, and that as well if it is asked for.
 * @returns false if somebody did not want it
 */
export async function destroy(options: DestroyOptions, target: AwsTarget, confirm: Confirm): Promise<boolean> {
  const { stage, deleteOriginals } = options
  const { account, region } = await whoAmI(target)
  const place = `stage ${stage} in ${target.endpoint ?? `account ${account}, region ${region}`}`
  const question = deleteOriginals
    ? `Delete ${place} with every photo, every record and every account?`
    : `Remove ${place}? Photos, records and accounts stay.`
  if (!options.yes && !(await confirm(question, deleteOriginals ? stage : null))) return false

  const { config } = target
  const cloudFormation = new CloudFormationClient(config)
  const clients = {
    s3: new S3Client({ ...config, forcePathStyle: target.endpoint !== null }),
    dynamoDb: new DynamoDBClient(config),
    cognito: new CognitoIdentityProviderClient(config),
  }
  for (const name of goingStacks(deleteOriginals))
    await deleteStack(cloudFormation, clients, stackId(stage, name), name)
  if (!deleteOriginals) {
    say(`Kept: ${stackId(stage, 'storage')}, with photos, records and accounts. A deployment finds them again.`)
  }
  return true
}

/** Those that others need come last. */
const goingStacks = (deleteOriginals: boolean): readonly StackName[] =>
  stackNames.filter((name) => name !== 'storage' || deleteOriginals).toReversed()

async function deleteStack(client: CloudFormationClient, clients: StorageClients, stack: string, name: StackName) {
  if (!(await exists(client, stack))) return
  say(`Deleting ${stack} …`)
  const resources = await resourcesOf(client, stack)
  if (name === 'storage') {
    await client.send(new UpdateTerminationProtectionCommand({ StackName: stack, EnableTerminationProtection: false }))
  }
  for (const resource of resources) await clear(clients, resource)
  await client.send(new DeleteStackCommand({ StackName: stack }))
  await waitUntilStackDeleteComplete(
    { client, maxWaitTime: 1800, minDelay: 2, maxDelay: 15 },
    { StackName: stack },
  ).catch((cause: unknown) => {
    throw new Refusal(`${stack} is not deleted. Its events in CloudFormation say why; then run the same again.`, {
      cause,
    })
  })
  for (const resource of resources) await remove(clients, resource)
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

async function resourcesOf(client: CloudFormationClient, StackName: string): Promise<readonly StackResource[]> {
  const resources: StackResource[] = []
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName })) {
    for (const { ResourceType: type, PhysicalResourceId: id } of StackResourceSummaries) {
      if (type !== undefined && id !== undefined) resources.push({ type, id })
    }
  }
  return resources
}
