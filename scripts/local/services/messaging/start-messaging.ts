import type { CloudModel, Running } from '../../model.ts'
import type { AwsService } from '../service.ts'
import { FauxqsApp } from './fauxqs-app.ts'
import { provisionMessaging } from './provision.ts'
import { Queues } from './queues.ts'
import { SnsApi } from './sns-api.ts'
import { SqsApi } from './sqs-api.ts'
import { openStores } from './stores.ts'

export interface RunningMessaging extends Running {
  readonly queues: Queues
  readonly apis: readonly AwsService[]
}

/** SQS and SNS: fauxqs on disk, with the queues, topics and subscriptions of the template. */
export async function startMessaging(
  directory: string,
  model: CloudModel,
  endpointUrl: string,
): Promise<RunningMessaging> {
  const opened = await openStores(directory, endpointUrl)
  const { sqsStore, snsStore } = opened.stores
  try {
    provisionMessaging(sqsStore, snsStore, model, endpointUrl)
  } catch (error) {
    opened.close()
    throw error
  }
  const queues = new Queues(sqsStore, opened.createMessage)
  const app = new FauxqsApp(opened)
  return {
    queues,
    apis: [new SqsApi(app, queues), new SnsApi(app)],
    stop: async () => {
      queues.close()
      await app.close()
      opened.close()
    },
  }
}
