import type { CallHooks, ServiceCall } from '../services/service.ts'
import { ConnectionReset, ServiceError } from '../services/service-error.ts'
import { type Faults, fits } from './faults.ts'
import type { Invocations } from './invocations.ts'

/** Faults of AWS API calls, and the ends of processes that making a call reveals. */
export function callFaults(
  faults: Faults,
  invocations: Invocations,
  wait: (ms?: number) => Promise<unknown>,
): CallHooks {
  const meet = async (call: ServiceCall, after: boolean) => {
    const caller = invocations.callerOf(call)
    const what = `${call.service} ${call.operation} ${call.resource} from ${caller}`
    const rule = faults.strike('call', what, (candidate) => {
      return (
        (candidate.after ?? false) === after &&
        (candidate.service === undefined || candidate.service === call.service) &&
        fits(candidate.operation, call.operation) &&
        fits(candidate.resource, call.resource) &&
        fits(candidate.from, caller)
      )
    })
    switch (rule?.effect) {
      case 'throttle':
        throw throttled(call.service)
      case 'error':
        throw failed(call.service)
      case 'reset':
        throw new ConnectionReset('A fault was injected: the connection is reset.')
      case 'delay':
        await wait(rule.ms)
    }
  }
  return {
    async before(call) {
      invocations.beforeCall(call)
      await meet(call, false)
    },
    async after(call) {
      invocations.afterCall(call)
      await meet(call, true)
    },
    clockAheadMs: () => faults.clockAheadMs,
  }
}

/** As each service says that it has too much to do. */
function throttled(service: string): ServiceError {
  const [status, code] = throttles[service] ?? [429, 'TooManyRequestsException']
  return new ServiceError(status, code, 'A fault was injected: the rate is exceeded.')
}

const throttles: Readonly<Record<string, readonly [number, string]>> = {
  s3: [503, 'SlowDown'],
  dynamodb: [400, 'ProvisionedThroughputExceededException'],
  sqs: [400, 'RequestThrottled'],
  sns: [400, 'Throttling'],
  'cognito-idp': [400, 'TooManyRequestsException'],
  lambda: [429, 'TooManyRequestsException'],
  'execute-api': [429, 'LimitExceededException'],
}

function failed(service: string): ServiceError {
  const code = failures[service] ?? 'InternalFailure'
  return new ServiceError(500, code, 'A fault was injected: the service failed.')
}

const failures: Readonly<Record<string, string>> = {
  s3: 'InternalError',
  dynamodb: 'InternalServerError',
  lambda: 'ServiceException',
  'cognito-idp': 'InternalErrorException',
}
