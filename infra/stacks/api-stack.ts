import type { FunctionProps } from 'aws-cdk-lib/aws-lambda'
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import { EdgeSecret } from '../constructs/edge-secret.ts'
import { type FunctionSetting, GlowwormFunction } from '../constructs/glowworm-function.ts'
import { HttpApi } from '../constructs/http-api.ts'
import { WebSocketApi } from '../constructs/websocket-api.ts'
import type { ProcessingStack } from './processing-stack.ts'
import type { StorageStack } from './storage-stack.ts'

export interface ApiStackProps extends StackProps {
  readonly storage: StorageStack
  readonly processing: ProcessingStack
}

/** What clients talk to: HTTP for questions and orders, a WebSocket for news. */
export class ApiStack extends Stack {
  readonly http: HttpApi
  readonly edgeSecret: EdgeSecret
  readonly socket: WebSocketApi
  readonly notify: GlowwormFunction
  readonly #setting: FunctionSetting
  readonly #storage: StorageStack
  readonly #processing: ProcessingStack

  constructor(
    scope: Construct,
    id: string,
    setting: FunctionSetting,
    { storage, processing, ...props }: ApiStackProps,
  ) {
    super(scope, id, props)
    this.#setting = setting
    this.#storage = storage
    this.#processing = processing

    this.edgeSecret = new EdgeSecret(this, 'Edge', setting.config.edgeSecretVersion)
    this.socket = this.#socket()
    this.http = this.#http(this.socket)
    this.notify = this.#notify(this.socket)

    new CfnOutput(this, 'ApiUrl', { value: this.http.url })
    new CfnOutput(this, 'WebSocketUrl', { value: this.socket.url })
  }

  #http(socket: WebSocketApi): HttpApi {
    const { images, uploads, settings, events, tickets, signInFailures, originals, renditions, users } = this.#storage
    const processing = this.#processing

    // The bytes of the photo stand in memory as base64 and as they are, and hashing them takes processor time.
    const uploadImage = this.#function('upload-image', { memorySize: 1024, timeout: Duration.seconds(29) })
    images.bind(uploadImage, 'GetItem', 'PutItem')
    settings.bind(uploadImage, 'GetItem')
    originals.bindPut(uploadImage)
    originals.bindDelete(uploadImage)
    processing.bindSubmit(uploadImage, 'high')
    processing.updates.bindPublish(uploadImage)

    const beginUpload = this.#function('begin-upload')
    images.bind(beginUpload, 'GetItem')
    uploads.bind(beginUpload, 'PutItem')
    originals.bindPut(beginUpload)

    const completeUpload = this.#function('complete-upload')
    images.bind(completeUpload, 'GetItem', 'PutItem')
    uploads.bind(completeUpload, 'GetItem', 'UpdateItem')
    settings.bind(completeUpload, 'GetItem')
    originals.bindGet(completeUpload)
    originals.bindDelete(completeUpload)
    processing.bindSubmit(completeUpload, 'high')
    processing.updates.bindPublish(completeUpload)

    const checkDuplicates = this.#function('check-duplicates')
    images.bind(checkDuplicates, 'BatchGetItem')

    const listImages = this.#function('list-images')
    images.bind(listImages, 'BatchGetItem')
    images.bindIndexes(listImages, 'by_uploaded_at', 'by_status', 'by_filename')

    const getImage = this.#function('get-image')
    images.bind(getImage, 'GetItem')

    const deleteImage = this.#function('delete-image', { timeout: Duration.seconds(29) })
    images.bind(deleteImage, 'GetItem', 'PutItem', 'DeleteItem')
    originals.bindDelete(deleteImage)
    renditions.bindList(deleteImage)
    renditions.bindDelete(deleteImage)
    processing.updates.bindPublish(deleteImage)

    const changeImage = this.#function('change-image')
    images.bind(changeImage, 'GetItem', 'PutItem')
    settings.bind(changeImage, 'GetItem')
    processing.bindSubmit(changeImage, 'normal')
    processing.updates.bindPublish(changeImage)

    const bulkDelete = this.#function('bulk-delete', { timeout: Duration.seconds(29) })
    images.bind(bulkDelete, 'GetItem', 'PutItem', 'DeleteItem')
    originals.bindDelete(bulkDelete)
    renditions.bindList(bulkDelete)
    renditions.bindDelete(bulkDelete)
    processing.updates.bindPublish(bulkDelete)

    const retryFailed = this.#function('retry-failed', { timeout: Duration.seconds(29) })
    images.bind(retryFailed, 'GetItem', 'BatchGetItem', 'PutItem')
    images.bindIndexes(retryFailed, 'by_status')
    settings.bind(retryFailed, 'GetItem')
    processing.bindSubmit(retryFailed, 'normal')
    processing.updates.bindPublish(retryFailed)

    const getOriginal = this.#function('get-original')
    images.bind(getOriginal, 'GetItem')
    originals.bindSignGet(getOriginal)

    const retryProcessing = this.#function('retry-processing')
    images.bind(retryProcessing, 'GetItem', 'PutItem')
    settings.bind(retryProcessing, 'GetItem')
    processing.bindSubmit(retryProcessing, 'normal')
    processing.updates.bindPublish(retryProcessing)

    const getDisplaySizes = this.#function('get-display-sizes')
    settings.bind(getDisplaySizes, 'GetItem')

    const changeDisplaySizes = this.#function('change-display-sizes')
    settings.bind(changeDisplaySizes, 'GetItem', 'PutItem')
    images.bindIndexes(changeDisplaySizes, 'by_status')
    processing.backfills.bindSend(changeDisplaySizes)
    processing.updates.bindPublish(changeDisplaySizes)

    const displaySizesCoverage = this.#function('display-sizes-coverage')
    settings.bind(displaySizesCoverage, 'GetItem')
    images.bind(displaySizesCoverage, 'BatchGetItem')
    images.bindIndexes(displaySizesCoverage, 'by_uploaded_at', 'by_status')
    processing.jobs.bindBackfillConcurrency(displaySizesCoverage)

    const processingStats = this.#function('processing-stats')
    images.bind(processingStats, 'BatchGetItem')
    images.bindIndexes(processingStats, 'by_status')
    events.bind(processingStats, 'Query')
    processing.jobs.bindCount(processingStats)
    processing.deadLetters.Direct.bindCount(processingStats, 'DIRECT_DEAD_LETTERS_URL')
    processing.deadLetters.Backfills.bindCount(processingStats, 'BACKFILL_DEAD_LETTERS_URL')
    processing.deadLetters.Updates.bindCount(processingStats, 'NOTIFY_DEAD_LETTERS_URL')

    const redrive = this.#function('redrive', { timeout: Duration.seconds(29) })
    images.bind(redrive, 'GetItem', 'PutItem')
    settings.bind(redrive, 'GetItem')
    processing.jobs.bindRedrive(redrive)
    processing.deadLetters.Backfills.bindConsume(redrive, 'BACKFILL_DEAD_LETTERS_URL')
    processing.backfills.bindSend(redrive)
    for (const priority of ['high', 'normal', 'low'] as const) processing.bindSubmit(redrive, priority)
    processing.updates.bindPublish(redrive)

    const createTicket = this.#function('create-ticket')
    tickets.bind(createTicket, 'PutItem')
    socket.bindUrl(createTicket)

    const resolveMedia = this.#function('resolve-media')
    images.bind(resolveMedia, 'GetItem')

    const login = this.#function('login')
    users.bind(login)
    signInFailures.bind(login, 'UpdateItem', 'DeleteItem')
    this.edgeSecret.bind(login)
    const logout = this.#function('logout')
    users.bind(logout)
    const me = this.#function('me')
    users.bind(me)

    const authorizer = this.#function('authorize-request')
    users.bind(authorizer)

    return new HttpApi(this, 'Http', {
      config: this.#setting.config,
      authorizer,
      routes: {
        'POST /api/images/upload': uploadImage,
        'POST /api/uploads': beginUpload,
        'POST /api/uploads/{id}/complete': completeUpload,
        'POST /api/images/check-duplicates': checkDuplicates,
        'GET /api/images': listImages,
        'GET /api/images/{id}': getImage,
        'PATCH /api/images/{id}': changeImage,
        'DELETE /api/images/{id}': deleteImage,
        'POST /api/images/bulk-delete': bulkDelete,
        'POST /api/images/retry-failed': retryFailed,
        'GET /api/images/{id}/original': getOriginal,
        'POST /api/images/{id}/retry-processing': retryProcessing,
        'GET /api/settings/display-sizes': getDisplaySizes,
        'PUT /api/settings/display-sizes': changeDisplaySizes,
        'GET /api/settings/display-sizes/coverage': displaySizesCoverage,
        'GET /api/processing/stats': processingStats,
        'POST /api/processing/redrive': redrive,
        'POST /api/ws/tickets': createTicket,
      },
      publicRoutes: {
        'POST /api/auth/login': { fn: login, because: 'it is how a session begins.' },
        'POST /api/auth/logout': { fn: logout, because: 'an expired session must be able to end, too.' },
        'GET /api/auth/me': { fn: me, because: 'it renews an expired session, and answers 401 by itself.' },
        'GET /api/health': { fn: this.#function('health'), because: 'it tells nothing but that it answers.' },
        'GET /api/openapi.json': { fn: this.#function('openapi'), because: 'the description of the API is no secret.' },
        'GET /media/{id}/{name}': { fn: resolveMedia, because: 'displays show renditions without signing in.' },
      },
    })
  }

  #socket(): WebSocketApi {
    const { connections, events, tickets } = this.#storage

    const connect = this.#function('socket-connect')
    tickets.bind(connect, 'DeleteItem')
    connections.bind(connect, 'PutItem')

    const disconnect = this.#function('socket-disconnect')
    connections.bind(disconnect, 'DeleteItem')

    // A replay is sent event by event.
    const message = this.#function('socket-message', { timeout: Duration.seconds(29) })
    connections.bind(message, 'GetItem', 'PutItem', 'DeleteItem')
    events.bind(message, 'Query')

    const authorizer = this.#function('authorize-socket')
    tickets.bind(authorizer, 'GetItem')

    const socket = new WebSocketApi(this, 'Socket', {
      config: this.#setting.config,
      authorizer,
      routes: { $connect: connect, $disconnect: disconnect, $default: message },
    })
    socket.bindSend(message)
    return socket
  }

  #notify(socket: WebSocketApi): GlowwormFunction {
    const { connections, events } = this.#storage
    const notify = this.#function('notify', {
      timeout: Duration.seconds(30),
      onFailure: new SqsDestination(this.#processing.notifyDeadLetters.queue),
    })
    events.bind(notify, 'PutItem')
    connections.bind(notify, 'Query', 'DeleteItem')
    socket.bindSend(notify)
    socket.bindDisconnect(notify)
    this.#processing.updates.bindSubscriber(notify)
    return notify
  }

  #function(name: string, props: Partial<FunctionProps> = {}): GlowwormFunction {
    return new GlowwormFunction(this, name, this.#setting, props)
  }
}
