import type { AwsResponse } from '../aws-request.ts'
import type { AwsService, BufferedRequest } from '../service.ts'
import { notImplemented } from '../service-error.ts'
import type { FauxqsApp } from './fauxqs-app.ts'

const operations = new Set([
  'ConfirmSubscription',
  'CreateTopic',
  'DeleteTopic',
  'GetSubscriptionAttributes',
  'GetTopicAttributes',
  'ListSubscriptions',
  'ListSubscriptionsByTopic',
  'ListTagsForResource',
  'ListTopics',
  'Publish',
  'PublishBatch',
  'SetSubscriptionAttributes',
  'SetTopicAttributes',
  'Subscribe',
  'TagResource',
  'Unsubscribe',
  'UntagResource',
])

export class SnsApi implements AwsService {
  readonly name = 'sns'
  readonly protocol = 'query'
  readonly #app: FauxqsApp

  constructor(app: FauxqsApp) {
    this.#app = app
  }

  identify(request: BufferedRequest): { operation: string; resource: string } {
    const input = new URLSearchParams(request.body.toString())
    const resource = ['TopicArn', 'TargetArn', 'SubscriptionArn', 'ResourceArn', 'Name'].find((name) => input.has(name))
    return { operation: input.get('Action') ?? '', resource: input.get(resource ?? '') ?? '' }
  }

  async answer(request: BufferedRequest, operation: string): Promise<AwsResponse> {
    if (!operations.has(operation)) throw notImplemented('sns', operation)
    const input = new URLSearchParams(request.body.toString())
    // It would be accepted and then never delivered.
    if (operation === 'Subscribe' && input.get('Protocol') !== 'sqs') {
      throw notImplemented('sns', `Subscribe with the protocol ${input.get('Protocol')}`)
    }
    if (operation === 'Publish' && !input.has('TopicArn')) {
      throw notImplemented('sns', 'Publish to anything but a topic (TargetArn, PhoneNumber)')
    }
    if (input.has('MessageStructure')) throw notImplemented('sns', `MessageStructure of ${operation}`)
    return await this.#app.call(request, request.body)
  }
}
