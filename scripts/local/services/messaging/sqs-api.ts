import { type AwsResponse, header } from '../aws-request.ts'
import { type AwsService, type BufferedRequest, jsonInput, targetOperation } from '../service.ts'
import { notImplemented } from '../service-error.ts'
import type { FauxqsApp } from './fauxqs-app.ts'
import type { Queues } from './queues.ts'

const operations = new Set([
  'ChangeMessageVisibility',
  'ChangeMessageVisibilityBatch',
  'CreateQueue',
  'DeleteMessage',
  'DeleteMessageBatch',
  'DeleteQueue',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListQueueTags',
  'ListQueues',
  'PurgeQueue',
  'ReceiveMessage',
  'SendMessage',
  'SendMessageBatch',
  'SetQueueAttributes',
  'TagQueue',
  'UntagQueue',
])

const longestWaitSeconds = 20

export class SqsApi implements AwsService {
  readonly name = 'sqs'
  readonly protocol = 'json-1.0'
  readonly #app: FauxqsApp
  readonly #queues: Queues

  constructor(app: FauxqsApp, queues: Queues) {
    this.#app = app
    this.#queues = queues
  }

  identify(request: BufferedRequest): { operation: string; resource: string } {
    const operation = targetOperation(request)
    if (operation === '') throw notImplemented('sqs', `the query protocol (${header(request, 'content-type')})`)
    return { operation, resource: queueName(jsonInput(request)) }
  }

  async answer(request: BufferedRequest, operation: string, signal: AbortSignal): Promise<AwsResponse> {
    if (!operations.has(operation)) throw notImplemented('sqs', operation)
    if (operation === 'ReceiveMessage') return await this.#receive(request, signal)
    return await this.#app.call(request, request.body)
  }

  /**
   * The wait of a long poll is ours: fauxqs goes on waiting for a caller that has gone, and gives it a message that
   * nobody sees before its visibility ends.
   */
  async #receive(request: BufferedRequest, signal: AbortSignal): Promise<AwsResponse> {
    const input = jsonInput(request)
    const name = queueName(input)
    const waitSeconds = Number(input.WaitTimeSeconds ?? (this.#queues.has(name) ? this.#queues.waitSeconds(name) : 0))
    const ours = this.#queues.has(name) && waitSeconds > 0 && waitSeconds <= longestWaitSeconds
    if (!ours) return await this.#app.call(request, request.body)
    const deadline = performance.now() + waitSeconds * 1000
    const attempt = JSON.stringify({ ...input, WaitTimeSeconds: 0 })
    for (;;) {
      const answer = await this.#app.call(request, attempt)
      const handles = receiptHandles(answer)
      if (signal.aborted) {
        for (const handle of handles) await this.#queues.changeVisibility(name, handle, 0)
        return answer
      }
      const remaining = deadline - performance.now()
      if (answer.status !== 200 || handles.length > 0 || remaining <= 0) return answer
      await this.#queues.waitForMessage(name, remaining, signal)
      // Asked again, the queue would give its message to nobody.
      if (signal.aborted) return answer
    }
  }
}

function queueName(input: Record<string, unknown>): string {
  return (
    String(input.QueueUrl ?? input.QueueName ?? '')
      .split('/')
      .at(-1) ?? ''
  )
}

function receiptHandles({ status, body }: AwsResponse): readonly string[] {
  if (status !== 200) return []
  const { Messages = [] } = JSON.parse(body.toString()) as { Messages?: readonly { readonly ReceiptHandle: string }[] }
  return Messages.map((message) => message.ReceiptHandle)
}
