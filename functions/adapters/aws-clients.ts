import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi'
import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { SNSClient } from '@aws-sdk/client-sns'
import { SQSClient } from '@aws-sdk/client-sqs'
import { type AwsConfig, hasty, patient, translating } from './aws-config.ts'

export const s3 = (config: AwsConfig = {}): S3Client =>
  translating(
    new S3Client({
      ...patient(config),
      // Only AWS itself answers to a host name per bucket.
      forcePathStyle: config.endpoint !== undefined,
      // Uploads carry the SHA-256 that is also their identity; a second checksum would cost and prove nothing.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
  )

export const sqs = (config: AwsConfig = {}): SQSClient => translating(new SQSClient(patient(config)))

/** For jobs, which have another way to the worker. */
export const hastySqs = (config: AwsConfig = {}): SQSClient => translating(new SQSClient(hasty(config)))

export const sns = (config: AwsConfig = {}): SNSClient => translating(new SNSClient(patient(config)))

export const lambda = (config: AwsConfig = {}): LambdaClient => translating(new LambdaClient(patient(config)))

export const cognito = (config: AwsConfig = {}): CognitoIdentityProviderClient =>
  translating(new CognitoIdentityProviderClient(patient(config)))

/**
 * For clients that listen, who can be disconnected: one that hangs must not take the time that all others need. The
 * second attempt is for connections that went stale while the function slept.
 * @param config whose endpoint is that of the WebSocket API's stage
 */
export const sockets = (config: AwsConfig & { readonly endpoint: string }): ApiGatewayManagementApiClient =>
  translating(new ApiGatewayManagementApiClient(hasty(config)))
