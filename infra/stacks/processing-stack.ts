import type { JobPriority } from '@glowworm/events/jobs'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import {
  Architecture,
  type Function as LambdaFunction,
  LayerVersion,
  RecursiveLoop,
  Runtime,
} from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { Duration, Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { BackfillQueue } from '../constructs/backfill-queue.ts'
import { DeadLetterQueue } from '../constructs/dead-letter-queue.ts'
import { type FunctionSetting, GlowwormFunction } from '../constructs/glowworm-function.ts'
import { JobQueues } from '../constructs/job-queues.ts'
import { Schedule } from '../constructs/schedule.ts'
import { UpdatesTopic } from '../constructs/updates-topic.ts'
import type { StorageStack } from './storage-stack.ts'

export interface ProcessingStackProps extends StackProps {
  readonly storage: StorageStack
}

type DeadLetterName = 'High' | 'Normal' | 'Low' | 'Direct' | 'Backfills' | 'Updates'

/** Beside the settings, which nobody who only keeps his place may change. */
const checkpoints = ['checkpoint:*']

/** From a job in a queue to renditions in a bucket and updates on a topic. */
export class ProcessingStack extends Stack {
  readonly jobs: JobQueues
  readonly backfills: BackfillQueue
  readonly updates: UpdatesTopic
  readonly worker: LambdaFunction
  readonly sweep: LambdaFunction
  readonly reconcile: LambdaFunction
  /** Of the function that tells updates; the sweep publishes again what lies here. */
  readonly notifyDeadLetters: DeadLetterQueue
  readonly deadLetters: Readonly<Record<DeadLetterName, DeadLetterQueue>>
  readonly #useQueue: boolean

  constructor(scope: Construct, id: string, setting: FunctionSetting, { storage, ...props }: ProcessingStackProps) {
    super(scope, id, props)
    const { config, artifacts } = setting
    this.#useQueue = config.useQueue
    const workerTimeout = Duration.seconds(60)
    this.jobs = new JobQueues(this, 'Jobs', { config, workerTimeout })
    this.updates = new UpdatesTopic(this, 'Updates')
    const directDeadLetters = new DeadLetterQueue(this, 'DirectDeadLetters', { holds: 'jobs that bypassed the queues' })
    this.worker = new GlowwormFunction(this, 'process-image', setting, {
      timeout: workerTimeout,
      memorySize: 3008,
      // Of jobs that came directly, past the queues.
      onFailure: new SqsDestination(directDeadLetters.queue),
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
    this.notifyDeadLetters = new DeadLetterQueue(this, 'NotifyDeadLetters', { holds: 'updates that reached nobody' })
    this.sweep = this.#sweep(setting, storage, directDeadLetters)
    this.deadLetters = {
      High: this.jobs.queues.high.deadLetters,
      Normal: this.jobs.queues.normal.deadLetters,
      Low: this.jobs.queues.low.deadLetters,
      Direct: directDeadLetters,
      Backfills: this.backfills.deadLetters,
      Updates: this.notifyDeadLetters,
    }
    this.reconcile = this.#reconcile(setting, storage)
  }

  /** What broke off somewhere goes on within minutes. */
  #sweep(setting: FunctionSetting, storage: StorageStack, directDeadLetters: DeadLetterQueue): LambdaFunction {
    const sweep = new GlowwormFunction(this, 'sweep', setting, { timeout: Duration.seconds(55) })
    storage.images.bind(sweep, 'GetItem', 'BatchGetItem', 'PutItem', 'DeleteItem')
    storage.images.bindIndexes(sweep, 'by_status')
    storage.uploads.bind(sweep, 'GetItem', 'UpdateItem')
    storage.uploads.bindIndexes(sweep, 'by_created_at')
    storage.settings.bind(sweep, 'GetItem')
    storage.settings.bindKeys(sweep, checkpoints, 'PutItem')
    storage.originals.bindGet(sweep)
    storage.originals.bindDelete(sweep)
    storage.renditions.bindList(sweep)
    storage.renditions.bindDelete(sweep)
    this.jobs.bindCount(sweep)
    this.jobs.bindInspectDeadLetters(sweep)
    directDeadLetters.bindConsumeIfAny(sweep, 'DIRECT_DEAD_LETTERS_URL')
    this.notifyDeadLetters.bindConsumeIfAny(sweep, 'NOTIFY_DEAD_LETTERS_URL')
    this.bindSubmit(sweep, 'high')
    this.bindSubmit(sweep, 'low')
    this.updates.bindPublish(sweep)
    new Schedule(this, 'EveryMinute', { every: Duration.minutes(1), fn: sweep })
    return sweep
  }

  /** Storage and records are compared, a stretch at a time. */
  #reconcile(setting: FunctionSetting, storage: StorageStack): LambdaFunction {
    const reconcile = new GlowwormFunction(this, 'reconcile-storage', setting, { timeout: Duration.minutes(15) })
    storage.images.bind(reconcile, 'GetItem', 'BatchGetItem', 'PutItem')
    storage.images.bindIndexes(reconcile, 'by_uploaded_at')
    storage.uploads.bind(reconcile, 'GetItem', 'UpdateItem')
    storage.settings.bind(reconcile, 'GetItem')
    storage.settings.bindKeys(reconcile, checkpoints, 'PutItem')
    storage.originals.bindGet(reconcile)
    storage.originals.bindDelete(reconcile)
    storage.renditions.bindGet(reconcile)
    storage.renditions.bindDelete(reconcile)
    this.bindSubmit(reconcile, 'high')
    this.bindSubmit(reconcile, 'low')
    this.updates.bindPublish(reconcile)
    new Schedule(this, 'EveryDay', { every: Duration.days(1), fn: reconcile })
    return reconcile
  }

  #backfills(setting: FunctionSetting, storage: StorageStack): BackfillQueue {
    const timeout = Duration.minutes(5)
    const backfills = new BackfillQueue(this, 'Backfills', { timeout })
    const apply = new GlowwormFunction(this, 'apply-display-sizes', setting, {
      timeout,
      recursiveLoop: RecursiveLoop.ALLOW,
    })
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
