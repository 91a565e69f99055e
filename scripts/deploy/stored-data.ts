import {
  type CognitoIdentityProviderClient,
  DeleteUserPoolCommand,
  DescribeUserPoolCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import {
  DeleteTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { Refusal } from '../console/refusal.ts'
import type { DeployedResource } from './deployment.ts'

type StackResource = Pick<DeployedResource, 'type' | 'id'>

export interface StorageClients {
  readonly s3: S3Client
  readonly dynamoDb: DynamoDBClient
  readonly cognito: CognitoIdentityProviderClient
}

/** Deletes all objects of a bucket, in every version. @returns how many */
export async function emptyBucket(client: S3Client, Bucket: string): Promise<number> {
  let deleted = 0
  let after: Pick<ListObjectVersionsCommandOutput, 'NextKeyMarker' | 'NextVersionIdMarker'> = {}
  for (;;) {
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = after
    const page = await client.send(new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker }))
    const Objects = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].flatMap(({ Key, VersionId }) =>
      Key === undefined ? [] : [{ Key, VersionId }],
    )
    if (Objects.length > 0) {
      const { Errors: [error] = [] } = await client.send(
        new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
      )
      if (error !== undefined) throw new Error(`${Bucket} keeps ${error.Key}: ${error.Code} ${error.Message}.`)
      deleted += Objects.length
    }
    if (!page.IsTruncated) return deleted
    after = page
  }
}

/** Takes away what stops a resource from being deleted, and what it holds. */
export async function clear({ s3, dynamoDb, cognito }: StorageClients, { type, id }: StackResource): Promise<void> {
  await unlessGone(async () => {
    if (type === 'AWS::S3::Bucket') await emptyBucket(s3, id)
    if (type === 'AWS::DynamoDB::Table') await unprotectTable(dynamoDb, id)
    if (type === 'AWS::Cognito::UserPool') await unprotectUsers(cognito, id)
  })
}

/** A table that is told what it is already may refuse. */
async function unprotectTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }))
  if (Table?.DeletionProtectionEnabled !== true) return
  await client.send(new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }))
  await waitUntilTableExists({ client, maxWaitTime: 120 }, { TableName })
}

async function unprotectUsers(client: CognitoIdentityProviderClient, UserPoolId: string): Promise<void> {
  const { UserPool } = await client.send(new DescribeUserPoolCommand({ UserPoolId }))
  if (UserPool?.DeletionProtection !== 'ACTIVE') return
  await client.send(new UpdateUserPoolCommand({ UserPoolId, DeletionProtection: 'INACTIVE' }))
}

/** Deletes what its stack would leave behind, after `clear`. */
export async function remove({ s3, dynamoDb, cognito }: StorageClients, { type, id }: StackResource): Promise<void> {
  await unlessGone(async () => {
    if (type === 'AWS::S3::Bucket') await deleteBucket(s3, id)
    if (type === 'AWS::DynamoDB::Table') await dynamoDb.send(new DeleteTableCommand({ TableName: id }))
    if (type === 'AWS::Cognito::UserPool') await cognito.send(new DeleteUserPoolCommand({ UserPoolId: id }))
  })
}

/** S3 goes on writing access logs for a while: these are deleted too, as often as this. */
const attempts = 5

async function deleteBucket(client: S3Client, Bucket: string): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    try {
      await client.send(new DeleteBucketCommand({ Bucket }))
      return
    } catch (error) {
      if (!(error instanceof Error && error.name === 'BucketNotEmpty')) throw error
      await emptyBucket(client, Bucket)
    }
  }
  throw new Refusal(`${Bucket} is still written to, and not deleted. Run the same again in a while.`)
}

const gone = new Set(['NoSuchBucket', 'ResourceNotFoundException'])

async function unlessGone(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof Error && gone.has(error.name))) throw error
  }
}
