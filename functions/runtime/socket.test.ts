import { clientMessage } from '@glowworm/events/socket-messages'
import { expect, test } from 'vitest'
import { RequestError } from '../core/errors.ts'
import { socketHandler } from './socket.ts'
import { outputOf } from './testing/captured-output.ts'
import { lambdaContext } from './testing/lambda-context.ts'

type SocketEvent = Parameters<ReturnType<typeof socketHandler>>[0]

function socketEvent(change: Partial<SocketEvent> = {}): SocketEvent {
  return {
    isBase64Encoded: false,
    requestContext: {
      routeKey: '$default',
      messageId: 'm',
      eventType: 'MESSAGE',
      extendedRequestId: 'x',
      requestTime: '',
      messageDirection: 'IN',
      stage: 'live',
      connectedAt: 0,
      requestTimeEpoch: 0,
      requestId: 'request-1',
      domainName: 'socket.test',
      connectionId: 'connection-1',
      apiId: 'api',
    },
    ...change,
  }
}

/** The message as the route sees it. */
async function messageOf(change: Partial<SocketEvent>) {
  const seen: unknown[] = []
  const handler = socketHandler({ message: clientMessage }, async ({ message }) => void seen.push(message))
  await outputOf(() => handler(socketEvent(change), lambdaContext()))
  return seen[0]
}

test('gives the route the connection, its query and an answer of 200', async () => {
  const handler = socketHandler({}, async ({ connectionId, query, message }) => {
    expect([connectionId, query, message]).toEqual(['connection-1', { ticket: 't' }, null])
  })
  const event = socketEvent({ queryStringParameters: { ticket: 't' } })
  expect(await handler(event, lambdaContext())).toEqual({ statusCode: 200 })
})

test.each([
  ['a known message', { body: '{"action":"ping"}' }, { action: 'ping' }],
  ['a known message in base64', { body: btoa('{"action":"ping"}'), isBase64Encoded: true }, { action: 'ping' }],
  ['an unknown action', { body: '{"action":"pong"}' }, null],
  ['an unknown field', { body: '{"action":"ping","x":1}' }, null],
  ['text that is not JSON', { body: 'ping' }, null],
  ['nothing', {}, null],
])('reads %s', async (_what, change, expected) => {
  expect(await messageOf(change)).toEqual(expected)
})

test('turns a refusal into its status and anything else into 500', async () => {
  const statusOf = async (error: Error) => {
    const handler = socketHandler({}, () => Promise.reject(error))
    const statuses: unknown[] = []
    await outputOf(async () => statuses.push((await handler(socketEvent(), lambdaContext())).statusCode))
    return statuses[0]
  }
  expect(await statusOf(new RequestError(401, 'unauthorized', 'Ticket used'))).toBe(401)
  expect(await statusOf(new TypeError('x'))).toBe(500)
})
