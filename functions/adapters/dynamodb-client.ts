import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { type AwsConfig, patient, translating } from './aws-config.ts'

/** In a module of its own: bundlers cannot leave the document client out of functions that have no use for it. */
export const dynamoDb = (config: AwsConfig = {}): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(translating(new DynamoDBClient(patient(config))))
