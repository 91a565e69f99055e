import { AsyncLocalStorage } from 'node:async_hooks'
import { enableCompileCache, flushCompileCache } from 'node:module'
import { delimiter, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setClockAhead } from './clock.ts'
import type { EnvironmentMessage, InvokeMessage } from './environment-protocol.ts'
import { failureOf } from './function-failure.ts'
import { isolateModules } from './isolated-modules.ts'
import { responsePayloadLimit } from './limits.ts'

/**
 * The program of one execution environment: loads one function, then answers one invocation after the other until the
 * compute kills it or is gone.
 */
type Handler = (event: unknown, context: object) => unknown

/** Which invocation a piece of running code belongs to, however late it runs. */
const invocation = new AsyncLocalStorage<string>()
let running: string | null = null

function named(errorType: string, message: string): Error {
  const error = new Error(message)
  error.name = errorType
  return error
}

/** The variables of this environment are set by the compute; see function-environment.ts. */
function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`Expected the variable ${name} in an execution environment, found none.`)
  return value
}

function send(message: EnvironmentMessage, then = () => {}): void {
  process.send?.(message, then)
}

function log(requestId: string, text: string, error: unknown): void {
  const failure = failureOf(error)
  const line = JSON.stringify({ ...failure, ...(error instanceof Error ? { code: Reflect.get(error, 'code') } : {}) })
  process.stderr.write(`${new Date().toISOString()}\t${requestId}\tERROR\t${text}\t${line}\n`)
}

async function loadHandler(): Promise<Handler> {
  const name = variable('_HANDLER')
  const [, file, path] = /^((?:.*\/)?[^./]+)\.(.+)$/.exec(name) ?? []
  if (file === undefined || path === undefined) {
    throw named('Runtime.MalformedHandlerName', `Expected a handler like 'index.handler', found '${name}'.`)
  }
  const url = pathToFileURL(resolve(variable('LAMBDA_TASK_ROOT'), `${file}.mjs`)).href
  const module: unknown = await import(url).catch((error) => {
    if (error instanceof SyntaxError) throw named('Runtime.UserCodeSyntaxError', String(error))
    if (error?.code === 'ERR_MODULE_NOT_FOUND') throw named('Runtime.ImportModuleError', String(error))
    throw error
  })
  const handler = path.split('.').reduce<unknown>((value, key) => Object(value)[key], module)
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`)
  }
  if (handler.length >= 3) {
    throw named(
      'Runtime.CallbackHandlerDeprecated',
      `${name} takes a callback, which Lambda no longer offers from Node.js 24 on. Return a promise instead.`,
    )
  }
  return handler as Handler
}

function contextOf(message: InvokeMessage): object {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: variable('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: variable('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMB: variable('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: variable('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: variable('AWS_LAMBDA_LOG_STREAM_NAME'),
    invokedFunctionArn: message.functionArn,
    awsRequestId: message.requestId,
    getRemainingTimeInMillis: () => message.deadline - Date.now(),
  }
}

/** As Lambda answers: nothing becomes null, and what cannot be written as JSON, or is too long, is a failure. */
function answerText(result: unknown): string {
  let text: string
  try {
    text = JSON.stringify(result) ?? 'null'
  } catch (error) {
    throw named('Runtime.JSONStringifyError', `Unable to stringify response body: ${String(error)}`)
  }
  if (Buffer.byteLength(text) > responsePayloadLimit) {
    throw named(
      'Function.ResponseSizeTooLarge',
      `Response payload size exceeded maximum allowed payload size (${responsePayloadLimit} bytes).`,
    )
  }
  return text
}

function answer(requestId: string, failed: boolean, payload: string, exitCode: number | null): void {
  running = null
  const residentBytes = process.memoryUsage.rss()
  const last = exitCode !== null
  send({ kind: 'answer', requestId, failed, payload, residentBytes, last }, () => {
    if (last) process.exit(exitCode)
  })
}

async function invoke(handler: Handler, message: InvokeMessage): Promise<void> {
  const { requestId } = message
  running = requestId
  setClockAhead(message.clockAheadMs)
  // The SDK passes it on with every call.
  process.env._X_AMZN_TRACE_ID = message.traceId
  try {
    const payload = answerText(await handler(JSON.parse(message.payload), contextOf(message)))
    if (running === requestId) answer(requestId, false, payload, null)
  } catch (error) {
    if (running !== requestId) return
    log(requestId, 'Invoke Error', error)
    answer(requestId, true, JSON.stringify(failureOf(error)), null)
  }
}

/**
 * An error nobody caught. It fails the invocation that it belongs to; what an answered invocation left behind must not
 * fail a later one, so it is logged under its own request and ends the environment once that is idle.
 */
function stray(error: unknown, text: string, exitCode: number): void {
  const origin = invocation.getStore() ?? running
  if (origin !== null && origin === running) {
    log(origin, text, error)
    answer(origin, true, JSON.stringify(failureOf(error)), exitCode)
    return
  }
  log(origin ?? 'no-request', `${text} after the answer`, error)
  send({ kind: 'spoiled' })
}

async function main(): Promise<void> {
  // The compute is gone, in whatever way: nobody would ever read an answer.
  process.on('disconnect', () => process.exit(0))
  // Bundles are large: the second environment of a function starts with what V8 made of the first one's code.
  enableCompileCache(process.argv[2])
  let handler: Handler
  try {
    isolateModules(variable('LAMBDA_TASK_ROOT'), (process.env.NODE_PATH ?? '').split(delimiter).filter(Boolean))
    handler = await loadHandler()
    flushCompileCache()
  } catch (error) {
    log('init', 'Uncaught Exception', error)
    const payload = JSON.stringify(failureOf(error))
    send({ kind: 'init-failed', payload, residentBytes: process.memoryUsage.rss() }, () => process.exit(1))
    return
  }
  process.on('uncaughtException', (error) => stray(error, 'Uncaught Exception', 129))
  process.on('unhandledRejection', (reason) => {
    stray(named('Runtime.UnhandledPromiseRejection', String(reason)), 'Unhandled Promise Rejection', 128)
  })
  process.on('message', (message: InvokeMessage) => {
    void invocation.run(message.requestId, () => invoke(handler, message))
  })
  send({ kind: 'ready' })
}

await main()
