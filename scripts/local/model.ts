/**
 * What the synthesised template asks for, in the words of this local cloud: every name final, every reference
 * resolved. The template reader makes it; services, compute and gateway run it.
 */
export interface CloudModel {
  readonly buckets: readonly BucketModel[]
  readonly tables: readonly TableModel[]
  readonly queues: readonly QueueModel[]
  readonly topics: readonly TopicModel[]
  readonly subscriptions: readonly SubscriptionModel[]
  readonly userPools: readonly UserPoolModel[]
  readonly functions: readonly FunctionModel[]
  readonly eventSources: readonly EventSourceModel[]
  readonly schedules: readonly ScheduleModel[]
  readonly httpApis: readonly HttpApiModel[]
  readonly webSocketApis: readonly WebSocketApiModel[]
  readonly distributions: readonly DistributionModel[]
}

export interface BucketModel {
  readonly name: string
  readonly cors: readonly CorsRule[]
}

export interface CorsRule {
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
  readonly maxAgeSeconds: number | null
}

/** Key schema, attributes and indexes as CreateTable takes them. */
export interface TableModel {
  readonly name: string
  readonly keySchema: readonly { readonly AttributeName: string; readonly KeyType: 'HASH' | 'RANGE' }[]
  readonly attributeDefinitions: readonly { readonly AttributeName: string; readonly AttributeType: 'S' | 'N' | 'B' }[]
  readonly globalSecondaryIndexes: readonly {
    readonly IndexName: string
    readonly KeySchema: TableModel['keySchema']
    readonly Projection: {
      readonly ProjectionType: 'ALL' | 'KEYS_ONLY' | 'INCLUDE'
      readonly NonKeyAttributes?: readonly string[]
    }
  }[]
  /** Items are gone once this attribute (epoch seconds) has passed; null for tables that keep everything. */
  readonly timeToLiveAttribute: string | null
}

export interface QueueModel {
  readonly name: string
  readonly arn: string
  readonly url: string
  readonly visibilityTimeoutSeconds: number
  readonly retentionSeconds: number
  readonly delaySeconds: number
  readonly redrive: { readonly deadLetterQueueArn: string; readonly maxReceiveCount: number } | null
}

export interface TopicModel {
  readonly name: string
  readonly arn: string
}

export interface SubscriptionModel {
  readonly topicArn: string
  readonly functionArn: string
  readonly filterPolicy: Readonly<Record<string, unknown>> | null
}

export interface UserPoolModel {
  readonly id: string
  readonly arn: string
  readonly clientIds: readonly string[]
  readonly groups: readonly string[]
}

export interface FunctionModel {
  readonly name: string
  readonly arn: string
  /** Absolute folder of the unpacked asset. */
  readonly codeDirectory: string
  /** `index.handler` */
  readonly handler: string
  readonly layerDirectories: readonly string[]
  readonly timeoutSeconds: number
  readonly memoryMb: number
  readonly environment: Readonly<Record<string, string>>
  readonly reservedConcurrency: number | null
  /** Of asynchronous invocations. */
  readonly maximumRetryAttempts: number
  /** Where an asynchronous invocation goes that failed for good. */
  readonly onFailureQueueArn: string | null
}

export interface EventSourceModel {
  readonly functionArn: string
  readonly queueArn: string
  readonly batchSize: number
  readonly maximumBatchingWindowSeconds: number
  readonly maximumConcurrency: number | null
  readonly reportBatchItemFailures: boolean
}

export interface ScheduleModel {
  readonly name: string
  /** `rate(…)` or `cron(…)` as in EventBridge. */
  readonly expression: string
  readonly functionArn: string
  readonly input: string | null
}

export interface AuthorizerModel {
  readonly functionArn: string
  readonly identitySources: readonly string[]
  readonly cacheSeconds: number
}

export interface RouteModel {
  /** `GET /api/images/{id}`, `$connect`, `$default` … */
  readonly routeKey: string
  readonly functionArn: string
  /** Null for a public route. */
  readonly authorizer: AuthorizerModel | null
}

export interface HttpApiModel {
  readonly id: string
  readonly stage: string
  readonly routes: readonly RouteModel[]
  readonly cors: {
    readonly allowOrigins: readonly string[]
    readonly allowMethods: readonly string[]
    readonly allowHeaders: readonly string[]
    readonly allowCredentials: boolean
    readonly maxAgeSeconds: number | null
  } | null
}

export interface WebSocketApiModel {
  readonly id: string
  readonly stage: string
  /** `$request.body.action` */
  readonly routeSelectionExpression: string
  readonly routes: readonly RouteModel[]
}

/** A CloudFront distribution: the first behaviour whose pattern matches serves the path; the last one matches all. */
export interface DistributionModel {
  readonly behaviors: readonly BehaviorModel[]
  readonly defaultRootObject: string | null
}

export interface BehaviorModel {
  /** As CloudFront knows it: `*` stands for any characters, `?` for exactly one. */
  readonly pathPattern: string
  readonly origin: OriginModel
  readonly allowedMethods: readonly string[]
  /** Code of the CloudFront function that sees a request before its origin does: it declares `handler(event)`. */
  readonly viewerRequestCode: string | null
  /** Set on every response, names in lower case. */
  readonly responseHeaders: Readonly<Record<string, string>>
}

export type OriginModel =
  | { readonly kind: 'bucket'; readonly bucketName: string }
  | {
      readonly kind: 'http-api'
      readonly apiId: string
      /** Set on every request to it, over what the viewer sent; names in lower case. */
      readonly headers: Readonly<Record<string, string>>
    }

/** One running piece of the local cloud. */
export interface Running {
  stop(): Promise<void>
}
