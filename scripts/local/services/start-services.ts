import { join } from 'node:path'
import type { CloudModel, Running } from '../model.ts'
import { CognitoApi } from './cognito/cognito-api.ts'
import { DynamoDbApi } from './dynamodb/dynamodb-api.ts'
import { Endpoint, type EndpointOptions } from './endpoint.ts'
import type { Handlers } from './handlers.ts'
import { LambdaApi } from './lambda-api.ts'
import { startMessaging } from './messaging/start-messaging.ts'
import type { Messaging, ReleasedMessage } from './messaging-port.ts'
import { type BeforeDisk, ObjectStore } from './s3/object-store.ts'
import { S3Api } from './s3/s3-api.ts'
import { type CallHooks, noHooks } from './service.ts'
import { SocketManagement } from './socket-management.ts'

export interface ServicesOptions {
  readonly model: CloudModel
  /** Everything that is stored lives below it and survives restarts. */
  readonly dataDirectory: string
  /** Of the one endpoint, on 127.0.0.1. The model's queue URLs and issuers must name it. */
  readonly port: number
  readonly handlers: Handlers
  /** Where faults are injected. */
  readonly hooks?: CallHooks
  readonly beforeDisk?: BeforeDisk
  /** See `EndpointOptions`. */
  readonly steer?: EndpointOptions['steer']
  /** Told about errors of the services themselves; callers get a 500. */
  readonly onFault?: (fault: unknown, what: string) => void
}

/** The AWS APIs of the local cloud, running. */
export interface Services extends Running {
  /** `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`. */
  readonly url: string
  readonly objects: ObjectStore
  readonly messaging: Messaging
  /** Lets whatever is in flight be received again, and tells what that was; null if there is no queue of that name. */
  release(queueName: string): readonly ReleasedMessage[] | null
  /** Creates the administrator or resets the password. */
  ensureAdmin(email: string, password: string): Promise<void>
}

/** @throws Error if the port is taken or the data belong to another running local cloud */
export async function startServices(options: ServicesOptions): Promise<Services> {
  const { model, dataDirectory, port, handlers } = options
  const hooks = options.hooks ?? noHooks
  const onFault = options.onFault ?? ((fault, what) => process.stderr.write(`local cloud: ${what}: ${fault}\n`))
  const endpointUrl = `http://127.0.0.1:${port}`
  const started: (() => Promise<void> | void)[] = []
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end()
  }
  try {
    const objects = ObjectStore.open(
      join(dataDirectory, 's3'),
      model.buckets.map((bucket) => bucket.name),
      options.beforeDisk,
    )
    started.push(() => objects.close())
    const dynamoDb = await DynamoDbApi.start(join(dataDirectory, 'dynamodb'), model.tables, onFault)
    started.push(() => dynamoDb.stop())
    const messaging = await startMessaging(join(dataDirectory, 'messaging'), model, endpointUrl)
    started.push(() => messaging.stop())
    const cognito = await CognitoApi.start(join(dataDirectory, 'cognito'), model.userPools, endpointUrl)
    const endpoint = await Endpoint.listen({
      port,
      hooks,
      steer: options.steer ?? (async () => null),
      onFault,
      s3: new S3Api(objects, model.buckets, hooks, onFault),
      publicPath: (request) => cognito.keySet(request),
      services: [
        ...messaging.apis,
        dynamoDb,
        cognito,
        new LambdaApi(
          model.functions.map((fn) => fn.name),
          handlers.invoke,
        ),
        new SocketManagement(
          model.webSocketApis.map((api) => api.id),
          handlers.sockets,
        ),
      ],
    })
    started.push(() => endpoint.stop())
    return {
      url: endpointUrl,
      objects,
      messaging: messaging.queues,
      release: (queueName) => (messaging.queues.has(queueName) ? messaging.queues.release(queueName) : null),
      ensureAdmin: (email, password) => cognito.ensureAdmin(email, password),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
