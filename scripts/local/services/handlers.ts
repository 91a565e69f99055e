export type InvocationType = 'RequestResponse' | 'Event'

/** The answer of the Lambda Invoke API, as the service gives it. */
export interface InvocationResult {
  /** 200 for a finished invocation, 202 for an accepted `Event`; 429 throttles and 500 fails the call itself. */
  readonly status: number
  readonly payload: Buffer
  /** `Unhandled` when the function threw, crashed or timed out; `payload` then describes the error. */
  readonly functionError?: string
}

/** Runs a function of the model by its name. */
export type InvokeFunction = (functionName: string, payload: Buffer, type: InvocationType) => Promise<InvocationResult>

export type ConnectionState = 'ok' | 'gone'

/** The live WebSocket connections, by the id that their functions know. */
export interface Sockets {
  /** Sends one text frame. */
  post(connectionId: string, data: Buffer): Promise<ConnectionState>
  delete(connectionId: string): Promise<ConnectionState>
  get(connectionId: string): Promise<ConnectionState>
}

/** What the services need of the other pieces of the local cloud. */
export interface Handlers {
  readonly invoke: InvokeFunction
  readonly sockets: Sockets
}
