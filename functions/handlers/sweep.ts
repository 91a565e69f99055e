import { s3, sns, sqs } from '../adapters/aws-clients.ts'
import { dynamoDbCheckpoints } from '../adapters/dynamodb-checkpoints.ts'
import { dynamoDb } from '../adapters/dynamodb-client.ts'
import { dynamoDbImages } from '../adapters/dynamodb-images.ts'
import { dynamoDbSettings } from '../adapters/dynamodb-settings.ts'
import { dynamoDbUploads } from '../adapters/dynamodb-uploads.ts'
import { readExif } from '../adapters/exifr-reader.ts'
import { s3Originals } from '../adapters/s3-originals.ts'
import { s3Renditions } from '../adapters/s3-renditions.ts'
import { snsUpdates } from '../adapters/sns-updates.ts'
import { sqsDeadLetters } from '../adapters/sqs-dead-letters.ts'
import { sqsDeadUpdates } from '../adapters/sqs-dead-updates.ts'
import { sqsQueueDepths } from '../adapters/sqs-queue-depths.ts'
import { ambient } from '../runtime/ambient.ts'
import { readEnv } from '../runtime/env.ts'
import { scheduleHandler } from '../runtime/schedule.ts'
import { measure } from '../runtime/telemetry.ts'
import { sweep } from '../use-cases/sweep.ts'
import { submitJobs } from './shared/submit-jobs.ts'

const env = readEnv([
  'IMAGES_TABLE',
  'UPLOADS_TABLE',
  'SETTINGS_TABLE',
  'ORIGINALS_BUCKET',
  'RENDITIONS_BUCKET',
  'JOBS_HIGH_QUEUE_URL',
  'JOBS_NORMAL_QUEUE_URL',
  'JOBS_LOW_QUEUE_URL',
  'JOBS_HIGH_DEAD_LETTERS_URL',
  'JOBS_NORMAL_DEAD_LETTERS_URL',
  'JOBS_LOW_DEAD_LETTERS_URL',
  'DIRECT_DEAD_LETTERS_URL',
  'NOTIFY_DEAD_LETTERS_URL',
  'UPDATES_TOPIC_ARN',
  'PROCESS_IMAGE_FUNCTION',
  'USE_QUEUE',
  'AWS_ENDPOINT_URL',
])
const client = dynamoDb()
const storage = s3({ endpoint: env.AWS_ENDPOINT_URL })
const deadLetterUrls = {
  high: env.JOBS_HIGH_DEAD_LETTERS_URL,
  normal: env.JOBS_NORMAL_DEAD_LETTERS_URL,
  low: env.JOBS_LOW_DEAD_LETTERS_URL,
}
const ports = {
  images: dynamoDbImages({ client, tableName: env.IMAGES_TABLE }),
  uploads: dynamoDbUploads({ client, tableName: env.UPLOADS_TABLE }),
  settings: dynamoDbSettings({ client, tableName: env.SETTINGS_TABLE }),
  checkpoints: dynamoDbCheckpoints({ client, tableName: env.SETTINGS_TABLE }),
  originals: s3Originals({ client: storage, bucket: env.ORIGINALS_BUCKET, now: ambient.now }),
  renditions: s3Renditions({ client: storage, bucket: env.RENDITIONS_BUCKET }),
  jobs: submitJobs(env, { high: env.JOBS_HIGH_QUEUE_URL, low: env.JOBS_LOW_QUEUE_URL }),
  queueDepths: sqsQueueDepths({
    client: sqs(),
    queueUrls: { high: env.JOBS_HIGH_QUEUE_URL, normal: env.JOBS_NORMAL_QUEUE_URL, low: env.JOBS_LOW_QUEUE_URL },
    deadLetterUrls,
  }),
  deadLetters: sqsDeadLetters({
    client: sqs(),
    queueUrls: { ...deadLetterUrls, direct: env.DIRECT_DEAD_LETTERS_URL },
  }),
  deadUpdates: sqsDeadUpdates({ client: sqs(), queueUrl: env.NOTIFY_DEAD_LETTERS_URL }),
  updates: snsUpdates({ client: sns(), topicArn: env.UPDATES_TOPIC_ARN }),
  readExif,
  useQueue: env.USE_QUEUE,
  ambient,
  measure,
}

export const handler = scheduleHandler(({ remainingMs, logger }) => sweep({ ...ports, log: logger, remainingMs }))
