import { mkdirSync } from 'node:fs'
import type { BuildAppOptions } from 'fauxqs'

type Stores = NonNullable<BuildAppOptions['stores']>
export type SqsStore = Stores['sqsStore']
export type SnsStore = Stores['snsStore']
export type SqsQueue = NonNullable<ReturnType<SqsStore['getQueueByName']>>
export type SqsMessage = ReturnType<SqsQueue['inspectMessages']>['ready'][number]
type PersistenceManager = NonNullable<SqsStore['persistence']>

/** Parts of fauxqs that its package does not export; the version is pinned. */
interface FauxqsInternals {
  readonly PersistenceManager: new (directory: string) => PersistenceManager
  readonly SqsStore: (new () => SqsStore) & { createMessage: CreateMessage }
  readonly SnsStore: new () => SnsStore
  readonly S3Store: new () => Stores['s3Store']
}

export type CreateMessage = (
  body: string,
  attributes: SqsMessage['messageAttributes'],
  delaySeconds?: number,
) => SqsMessage

interface Database {
  exec(sql: string): void
  prepare(sql: string): { run(...values: (string | number)[]): void }
}

interface PersistenceInternals {
  readonly db: Database
  transaction(work: () => void): void
}

export interface MessagingStores {
  readonly stores: Stores
  readonly createMessage: CreateMessage
  close(): void
}

/** The stores of fauxqs with all their queues, topics and messages on disk, repaired where a kill would lose any. */
export async function openStores(directory: string, endpointUrl: string): Promise<MessagingStores> {
  mkdirSync(directory, { recursive: true })
  const internals = await loadInternals()
  const persistence = new internals.PersistenceManager(directory)
  const { db } = internalsOf(persistence)
  // With WAL, NORMAL loses nothing when the process is killed; only a power cut may take the last moments.
  db.exec('PRAGMA synchronous = NORMAL')
  // The port may be another one than last time.
  db.prepare("UPDATE sqs_queues SET url = ? || '/000000000000/' || name").run(endpointUrl)
  // Whoever had received a message ended with the last run: the event sources are part of this process. That was not
  // the message's fault, so it does not count as a receive.
  db.exec(`UPDATE sqs_messages
    SET approximate_receive_count = MAX(approximate_receive_count - 1, 0), receipt_handle = NULL, visibility_deadline = NULL
    WHERE receipt_handle IS NOT NULL`)
  keepReceiveCountOnRelease(persistence)

  const sqsStore = new internals.SqsStore()
  const snsStore = new internals.SnsStore()
  // No host: queue URLs are then made from the address that the caller used.
  sqsStore.host = ''
  // Loaded before the stores write through: `INSERT OR REPLACE` of a queue would delete its messages.
  persistence.loadSqsAndSns(sqsStore, snsStore)
  sqsStore.persistence = persistence
  snsStore.persistence = persistence
  for (const queue of sqsStore.allQueues()) {
    queue.persistence = persistence
    dequeueAtomically(queue, persistence)
  }
  const createQueue = sqsStore.createQueue.bind(sqsStore)
  sqsStore.createQueue = (...parameters) => {
    const queue = createQueue(...parameters)
    dequeueAtomically(queue, persistence)
    return queue
  }
  return {
    stores: { sqsStore, snsStore, s3Store: new internals.S3Store() },
    createMessage: internals.SqsStore.createMessage,
    close: () => persistence.close(),
  }
}

async function loadInternals(): Promise<FauxqsInternals> {
  const entry = import.meta.resolve('fauxqs')
  const files = ['./persistence.js', './sqs/sqsStore.js', './sns/snsStore.js', './s3/s3Store.js']
  const modules = await Promise.all(files.map((file) => import(new URL(file, entry).href)))
  return Object.assign({}, ...modules)
}

function internalsOf(persistence: PersistenceManager): PersistenceInternals {
  return persistence as unknown as PersistenceInternals
}

/**
 * fauxqs 2.4.1 releases a message (visibility 0) with a receive count of NULL, which its own schema refuses: the error
 * comes after the message has left memory, so it is lost until a restart.
 */
function keepReceiveCountOnRelease(persistence: PersistenceManager): void {
  const release = internalsOf(persistence).db.prepare(
    'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
  )
  persistence.updateMessageReady = (messageId) => release.run(messageId)
}

/**
 * A redrive deletes a message from one queue and then inserts it into the other: without a transaction a kill in
 * between would lose it. A batch is also one commit then.
 */
function dequeueAtomically(queue: SqsQueue, persistence: PersistenceManager): void {
  const dequeue = queue.dequeue.bind(queue)
  queue.dequeue = (...parameters) => {
    let received: ReturnType<typeof dequeue> = []
    internalsOf(persistence).transaction(() => {
      received = dequeue(...parameters)
    })
    return received
  }
}
