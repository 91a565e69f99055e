import type { JobPriority } from '@glowworm/events/jobs'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Architecture, type Function as LambdaFunction, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { BackfillQueue } from '../constructs/backfill-queue.ts'
import { DeadLetterQueue } from '../constructs/dead-letter-queue.ts'
import { type FunctionSetting, GlowwormFunction } from '../constructs/glowworm-function.ts'
import { JobQueues } from '../constructs/job-queues.ts'
import { UpdatesTopic } from '../constructs/updates-topic.ts'
import type { StorageStack } from './storage-stack.ts'

export interface ProcessingStackProps extends StackProps {
  readonly storage: StorageStack
}

/** From a job in a queue to renditions in a bucket and updates on a topic. */
export class ProcessingStack extends Stack {
  readonly jobs: JobQueues
  readonly backfills: BackfillQueue
  readonly updates: UpdatesTopic
  readonly worker: LambdaFunction
  readonly #useQueue: boolean

  constructor(scope: Construct, id: string, setting: FunctionSetting, { storage, ...props }: ProcessingStackProps) {
    super(scope, id, props)
    const { config, artifacts } = setting
    this.#useQueue = config.useQueue
    const workerTimeout = Duration.seconds(60)
    this.jobs = new JobQueues(this, 'Jobs', { config, workerTimeout })
    this.updates = new UpdatesTopic(this, 'Updates')
    this.worker = new GlowwormFunction(this, 'process-image', setting, {
      timeout: workerTimeout,
      memorySize: 3008,
      // Of jobs that came directly, past the queues.
      onFailure: new SqsDestination(
        new DeadLetterQueue(this, 'DirectDeadLetters', { holds: 'jobs that bypassed the queues' }).queue,
      ),
      layers: [
        new LayerVersion(this, 'Sharp', {
          code: artifacts.layerCode('sharp'),
          compatibleRuntimes: [Runtime.NODEJS_24_X],
          compatibleArchitectures: [Architecture.ARM_64],
        }),
      ],
    })
    this.jobs.bindWorker(this.worker)
    this.updates.bindPublish(this.worker)
    storage.images.bind(this.worker, 'GetItem', 'PutItem')
    storage.originals.bindGet(this.worker)
    storage.renditions.bindPut(this.worker)
    storage.renditions.bindList(this.worker)
    storage.renditions.bindDelete(this.worker)
    this.backfills = this.#backfills(setting, storage)
  }

  #backfills(setting: FunctionSetting, storage: StorageStack): BackfillQueue {
    const timeout = Duration.minutes(5)
    const backfills = new BackfillQueue(this, 'Backfills', { timeout })
    const apply = new GlowwormFunction(this, 'apply-display-sizes', setting, { timeout })
    backfills.bindConsumer(apply)
    backfills.bindSend(apply)
    storage.images.bind(apply, 'GetItem', 'BatchGetItem', 'PutItem')
    storage.images.bindIndexes(apply, 'by_uploaded_at')
    storage.settings.bind(apply, 'GetItem')
    this.bindSubmit(apply, 'high')
    this.bindSubmit(apply, 'low')
    this.updates.bindPublish(apply)
    return backfills
  }

  /** Lets the function have an image processed: through the queue, or by calling the worker if the queue is not there. */
  bindSubmit(fn: LambdaFunction, priority: JobPriority): void {
    this.jobs.bindSend(fn, priority)
    fn.addToRolePolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.worker.functionArn] }),
    )
    fn.addEnvironment('PROCESS_IMAGE_FUNCTION', this.worker.functionName)
    fn.addEnvironment('USE_QUEUE', String(this.#useQueue))
  }
}
