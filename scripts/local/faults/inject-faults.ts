import { setTimeout as realWait } from 'node:timers/promises'
import type { InvocationHook } from '../compute/invocation-hook.ts'
import type { Sockets } from '../services/handlers.ts'
import { isAsynchronousQueue, isInternalQueue } from '../services/internal-queues.ts'
import type { Messaging } from '../services/messaging-port.ts'
import type { BeforeDisk } from '../services/s3/object-store.ts'
import type { CallHooks } from '../services/service.ts'
import { callFaults } from './call-faults.ts'
import type { Faults } from './faults.ts'
import { FaultyMessaging } from './faulty-messaging.ts'
import { type CuttableSockets, FaultySockets } from './faulty-sockets.ts'
import { Invocations } from './invocations.ts'

/** Every place of the local cloud where a fault can strike. With no plan set, nothing strikes. */
export interface FaultInjection {
  readonly calls: CallHooks
  readonly invocations: InvocationHook
  readonly beforeDisk: BeforeDisk
  messaging(queues: Messaging): Messaging
  sockets(sockets: CuttableSockets): Sockets
}

/** @param wait resolves after so many milliseconds */
export function injectFaults(faults: Faults, wait: (ms?: number) => Promise<unknown> = realWait): FaultInjection {
  const invocations = new Invocations(faults)
  return {
    calls: callFaults(faults, invocations, wait),
    invocations: invocations.hook,
    async beforeDisk(access) {
      const rule = faults.strike('disk', access, (candidate) => (candidate.access ?? access) === access)
      if (rule !== null) await wait(rule.ms)
    },
    messaging: (queues) => new FaultyMessaging(queues, faults, kindOfQueue),
    sockets: (sockets) => new FaultySockets(sockets, faults),
  }
}

function kindOfQueue(queueName: string): 'sqs' | 'sns' | 'invocation' {
  if (!isInternalQueue(queueName)) return 'sqs'
  return isAsynchronousQueue(queueName) ? 'invocation' : 'sns'
}
