import { type ClientMessage, clientMessage } from '@glowworm/events/socket-messages'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { socketHandler } from './socket.ts'
import { lambdaContext } from './testing/lambda-context.ts'

type SocketEvent = Parameters<ReturnType<typeof socketHandler>>[0]

const seen: (ClientMessage | null)[] = []
const handler = socketHandler({ message: clientMessage }, async ({ message }) => void seen.push(message))

/** The message as the route sees it. */
async function read(body: string, isBase64Encoded = false): Promise<ClientMessage | null | undefined> {
  const requestContext = { routeKey: '$default', requestId: 'request-1', connectionId: 'connection-1' }
  const answer = await handler({ requestContext, body, isBase64Encoded } as SocketEvent, lambdaContext())
  expect(answer).toEqual({ statusCode: 200 })
  return seen.pop()
}

const ulid = fc.stringMatching(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
const messages: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.constant({ action: 'ping' as const }),
  fc.record(
    {
      action: fc.constant('subscribe' as const),
      channels: fc.array(fc.constant('images' as const), { minLength: 1, maxLength: 3 }),
      since: ulid,
    },
    { requiredKeys: ['action', 'channels'] },
  ),
)

test('a message of the contract arrives as it was sent, in text and in base64', async () => {
  await fc.assert(
    fc.asyncProperty(messages, fc.boolean(), async (message, encoded) => {
      const text = JSON.stringify(message)
      expect(await read(encoded ? Buffer.from(text).toString('base64') : text, encoded)).toEqual(message)
    }),
  )
})

test('anything else arrives as nothing, and ends nothing', async () => {
  const close = messages.chain((message) =>
    fc.oneof(
      fc.tuple(fc.string(), fc.jsonValue()).map(([name, value]) => JSON.stringify({ [`x${name}`]: value, ...message })),
      fc.jsonValue().map((action) => JSON.stringify({ ...message, action: [action] })),
      fc.nat(JSON.stringify(message).length - 1).map((length) => JSON.stringify(message).slice(0, length)),
      fc.constant(`[${JSON.stringify(message)}]`),
      fc.constant(JSON.stringify({ ...message, channels: ['images', 'settings'] })),
    ),
  )
  const sent = fc.oneof(close, fc.json(), fc.string({ unit: 'binary' }), fc.constant('['.repeat(100_000)))
  await fc.assert(
    fc.asyncProperty(sent, fc.boolean(), async (body, encoded) => {
      expect(await read(body, encoded)).toBeNull()
    }),
    { numRuns: 500 },
  )
})
