import type { JobPriority } from '@glowworm/events/jobs'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Duration } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { DeadLetterQueue } from './dead-letter-queue.ts'

/**
 * Deliveries before a job counts as dead. Three failures open the breaker, and each may cost two: one that fails, and one
 * that finds the lease of a worker that has just died.
 */
const jobReceives = 10

interface JobQueueSetting {
  readonly id: string
  /** Environment variable that tells a function the queue's URL. */
  readonly variable: string
  /** And the one that tells it the URL of the dead letters. */
  readonly deadLettersVariable: string
  /** Age of the oldest job that raises an alarm. */
  readonly lateAfter: Duration
}

const settings: Readonly<Record<JobPriority, JobQueueSetting>> = {
  high: {
    id: 'High',
    variable: 'JOBS_HIGH_QUEUE_URL',
    deadLettersVariable: 'JOBS_HIGH_DEAD_LETTERS_URL',
    lateAfter: Duration.minutes(5),
  },
  normal: {
    id: 'Normal',
    variable: 'JOBS_NORMAL_QUEUE_URL',
    deadLettersVariable: 'JOBS_NORMAL_DEAD_LETTERS_URL',
    lateAfter: Duration.minutes(30),
  },
  low: {
    id: 'Low',
    variable: 'JOBS_LOW_QUEUE_URL',
    deadLettersVariable: 'JOBS_LOW_DEAD_LETTERS_URL',
    lateAfter: Duration.hours(12),
  },
}

const priorities = ['high', 'normal', 'low'] as const satisfies readonly JobPriority[]

export interface JobQueue {
  readonly id: string
  readonly queue: Queue
  readonly deadLetters: DeadLetterQueue
  /** Age of the oldest job that is a reason to look. */
  readonly lateAfter: Duration
}

export interface JobQueuesProps {
  readonly config: StageConfig
  readonly workerTimeout: Duration
}

/** The queues of images to process, one per priority, each with its dead letters. */
export class JobQueues extends Construct {
  readonly queues: Readonly<Record<JobPriority, JobQueue>>
  readonly #config: StageConfig

  constructor(scope: Construct, id: string, props: JobQueuesProps) {
    super(scope, id)
    this.#config = props.config
    this.queues = {
      high: this.#add('high', props.workerTimeout),
      normal: this.#add('normal', props.workerTimeout),
      low: this.#add('low', props.workerTimeout),
    }
  }

  get all(): readonly JobQueue[] {
    return priorities.map((priority) => this.queues[priority])
  }

  bindSend(fn: LambdaFunction, priority: JobPriority): void {
    const { queue } = this.queues[priority]
    this.#allow(fn, ['sqs:SendMessage'], [queue.queueArn])
    fn.addEnvironment(settings[priority].variable, queue.queueUrl)
  }

  /** Lets the function see how full the queues and their dead letters are. */
  bindCount(fn: LambdaFunction): void {
    for (const priority of priorities) {
      const { queue, deadLetters } = this.queues[priority]
      this.#allow(fn, ['sqs:GetQueueAttributes'], [queue.queueArn])
      fn.addEnvironment(settings[priority].variable, queue.queueUrl)
      deadLetters.bindCount(fn, settings[priority].deadLettersVariable)
    }
  }

  /** Tells the function how many images are rendered anew at the same time. */
  bindBackfillConcurrency(fn: LambdaFunction): void {
    fn.addEnvironment('JOBS_LOW_CONCURRENCY', String(this.#config.concurrency.low))
  }

  /** Lets the function take dead letters. */
  bindRedrive(fn: LambdaFunction): void {
    for (const priority of priorities) {
      this.queues[priority].deadLetters.bindConsume(fn, settings[priority].deadLettersVariable)
    }
  }

  /** Lets the function look at dead letters, which stay; `bindCount` says whether there are any. */
  bindInspectDeadLetters(fn: LambdaFunction): void {
    for (const priority of priorities) {
      const { queue } = this.queues[priority].deadLetters
      this.#allow(fn, ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'], [queue.queueArn])
      fn.addEnvironment(settings[priority].deadLettersVariable, queue.queueUrl)
    }
  }

  /** The worker takes one job at a time and settles it alone; no more of them run at once than the stage says. */
  bindWorker(fn: LambdaFunction): void {
    for (const priority of priorities) {
      const { queue } = this.queues[priority]
      fn.addEventSource(
        new SqsEventSource(queue, {
          batchSize: 1,
          maxConcurrency: this.#config.concurrency[priority],
          reportBatchItemFailures: true,
        }),
      )
    }
  }

  #allow(fn: LambdaFunction, actions: string[], resources: string[]): void {
    fn.addToRolePolicy(new PolicyStatement({ actions, resources }))
  }

  #add(priority: JobPriority, workerTimeout: Duration): JobQueue {
    const { id, lateAfter } = settings[priority]
    const deadLetters = new DeadLetterQueue(this, `${id}DeadLetters`, { holds: `jobs of ${priority} priority` })
    const queue = new Queue(this, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(4),
      // Lambda asks for six times the function's timeout, so that a throttled poller does not deliver a job twice.
      visibilityTimeout: Duration.seconds(6 * workerTimeout.toSeconds()),
      deadLetterQueue: { queue: deadLetters.queue, maxReceiveCount: jobReceives },
    })
    return { id, queue, deadLetters, lateAfter }
  }
}
