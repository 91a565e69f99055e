import type { BucketModel, CloudModel, FunctionModel, QueueModel, TableModel } from '../../model.ts'
import { arn } from '../../template/account.ts'

/** A small cloud: enough of everything to be called. */
export function cloudModel(url: string, changes: Partial<CloudModel> = {}): CloudModel {
  return {
    buckets: [bucket('originals'), bucket('renditions')],
    tables: [imagesTable()],
    queues: [
      queue(url, 'jobs', { redrive: { deadLetterQueueArn: arn('sqs', 'jobs-dead'), maxReceiveCount: 2 } }),
      queue(url, 'jobs-dead'),
    ],
    topics: [{ name: 'updates', arn: arn('sns', 'updates') }],
    subscriptions: [
      {
        topicArn: arn('sns', 'updates'),
        functionArn: arn('lambda', 'function:notify'),
        filterPolicy: { type: ['image:created'] },
      },
    ],
    userPools: [
      {
        id: 'us-east-1_pool',
        arn: arn('cognito-idp', 'userpool/us-east-1_pool'),
        clientIds: ['web-client'],
        groups: ['admins'],
      },
    ],
    functions: [fn('notify'), fn('process-image')],
    eventSources: [],
    schedules: [],
    httpApis: [],
    webSocketApis: [{ id: 'ws1', stage: 'live', routeSelectionExpression: '$request.body.action', routes: [] }],
    distributions: [],
    ...changes,
  }
}

export function bucket(name: string, cors: BucketModel['cors'] = []): BucketModel {
  return { name, cors }
}

export function queue(url: string, name: string, changes: Partial<QueueModel> = {}): QueueModel {
  return {
    name,
    arn: arn('sqs', name),
    url: `${url}/000000000000/${name}`,
    visibilityTimeoutSeconds: 30,
    retentionSeconds: 345_600,
    delaySeconds: 0,
    redrive: null,
    ...changes,
  }
}

export function imagesTable(changes: Partial<TableModel> = {}): TableModel {
  return {
    name: 'images',
    keySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    attributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'status', AttributeType: 'S' },
    ],
    globalSecondaryIndexes: [
      {
        IndexName: 'by_status',
        KeySchema: [{ AttributeName: 'status', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    timeToLiveAttribute: 'expires_at_seconds',
    ...changes,
  }
}

function fn(name: string): FunctionModel {
  return {
    name,
    arn: arn('lambda', `function:${name}`),
    codeDirectory: '/nowhere',
    handler: 'index.handler',
    layerDirectories: [],
    timeoutSeconds: 10,
    memoryMb: 128,
    environment: {},
    reservedConcurrency: null,
    maximumRetryAttempts: 2,
    onFailureQueueArn: null,
  }
}
