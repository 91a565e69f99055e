import { processImageJob } from '@glowworm/events/jobs'
import { s3, sns, sqs } from '../adapters/aws-clients.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { s3Originals } from '../adapters/s3-originals.ts'
import { s3Renditions } from '../adapters/s3-renditions.ts'
import { sharpRenderer } from '../adapters/sharp/sharp-renderer.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { sqsVisibility } from '../adapters/sqs-visibility.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { queueHandler } from '../runtime/queue.ts'
import { measure } from '../runtime/telemetry.ts'
import { processImage } from '../use-cases/process-image.ts'

const env = readEnv(['IMAGES_TABLE', 'ORIGINALS_BUCKET', 'RENDITIONS_BUCKET', 'UPDATES_TOPIC_ARN', 'AWS_ENDPOINT_URL'])
const storage = s3({ endpoint: env.AWS_ENDPOINT_URL })
const ports = {
  images: dynamoDbImages({ client: dynamoDb(), tableName: env.IMAGES_TABLE }),
  originals: s3Originals({ client: storage, bucket: env.ORIGINALS_BUCKET, now: ambient.now }),
  renditions: s3Renditions({ client: storage, bucket: env.RENDITIONS_BUCKET }),
  updates: snsUpdates({ client: sns(), topicArn: env.UPDATES_TOPIC_ARN }),
  renderer: sharpRenderer(),
  ambient,
  random: Math.random,
  measure,
}

/** Clocks differ a little, and a process that has run out of time is not stopped in the same instant. */
const leaseMarginMs = 15_000

export const handler = queueHandler(
  { schema: processImageJob, visibility: sqsVisibility(sqs()) },
  (job, { remainingMs, logger }) =>
    processImage({ ...ports, log: logger, leaseMs: remainingMs() + leaseMarginMs }, job),
)
