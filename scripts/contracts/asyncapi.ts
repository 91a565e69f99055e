import { applyDisplaySizesJob, processImageJob } from '@glowworm/events/jobs'
import { clientMessage, serverMessage } from '@glowworm/events/socket-messages'
import { updateEvent } from '@glowworm/events/update-events'
import { z } from 'zod'

type JsonSchema = Record<string, unknown>

/** The name that tells a message from its siblings: its `type` or `action`. */
function nameOf(schema: z.ZodObject): string {
  const tag = schema.shape.type ?? schema.shape.action
  if (!(tag instanceof z.ZodLiteral)) throw new Error('Expected a message with a literal `type` or `action`')
  return String(tag.value)
}

const componentName = (name: string): string => name.replaceAll(':', '.')

/**
 * The schema, and by name the schemas it refers to.
 * @param io `input` for what is read as it may have been sent: what has a default may be absent
 */
function toJsonSchema(
  schema: z.ZodType,
  io: 'input' | 'output' = 'output',
): { payload: JsonSchema; shared: JsonSchema } {
  const text = JSON.stringify(z.toJSONSchema(schema, { target: 'draft-7', io }))
  const {
    $schema: _draft,
    definitions,
    ...payload
  } = JSON.parse(text.replaceAll('"#/definitions/', '"#/components/schemas/')) as JsonSchema & {
    definitions?: JsonSchema
  }
  return { payload, shared: definitions ?? {} }
}

type Messages = Record<string, { name: string; contentType: string } & ReturnType<typeof toJsonSchema>>

/** @param place sets messages apart that have the same name elsewhere, and other fields */
function messagesOf(schemas: readonly z.ZodType[], place = ''): Messages {
  return Object.fromEntries(
    schemas.map((schema) => {
      if (!(schema instanceof z.ZodObject)) throw new Error('Expected every message to be an object')
      const name = nameOf(schema)
      return [place + componentName(name), { name, contentType: 'application/json', ...toJsonSchema(schema) }]
    }),
  )
}

function componentsOf(messages: Messages): JsonSchema {
  return {
    messages: Object.fromEntries(Object.entries(messages).map(([name, { shared: _, ...message }]) => [name, message])),
    schemas: Object.assign({}, ...Object.values(messages).map((message) => message.shared)),
  }
}

const references = (messages: Messages) =>
  Object.fromEntries(Object.keys(messages).map((name) => [name, { $ref: `#/components/messages/${name}` }]))

const listOf = (channel: string, messages: Messages) =>
  Object.keys(messages).map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }))

/** Everything that is published, queued or pushed, as AsyncAPI 3, made from the schemas that check it. */
export function asyncApiDocument(): JsonSchema {
  const events = messagesOf(updateEvent.options)
  const fromServer = messagesOf(serverMessage.options, 'socket.')
  const fromClient = messagesOf(clientMessage.options)
  const jobs: Messages = {
    process_image: {
      name: 'process_image',
      contentType: 'application/json',
      ...toJsonSchema(processImageJob, 'input'),
    },
  }
  const backfills: Messages = {
    apply_display_sizes: {
      name: 'apply_display_sizes',
      contentType: 'application/json',
      ...toJsonSchema(applyDisplaySizesJob, 'input'),
    },
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Glowworm',
      version: '1.0.0',
      description: 'Jobs that are queued, events that are published, and messages of the WebSocket.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      live: {
        host: '{host}',
        protocol: 'wss',
        description:
          'Named, with the path, by `url` in the answer of POST /api/ws/tickets. The local cloud speaks `ws`.',
        variables: { host: { description: 'Differs from place to place.', examples: ['localhost:4200'] } },
      },
    },
    // CloudFormation makes the names of topics and queues.
    channels: {
      'processing-updates': {
        address: null,
        description: 'SNS topic; the type of an event is also its message attribute `type`.',
        messages: references(events),
      },
      jobs: { address: null, description: 'SQS queues, one per priority.', messages: references(jobs) },
      backfills: { address: null, description: 'SQS queue of changed settings.', messages: references(backfills) },
      socket: {
        address: '/{stage}',
        parameters: { stage: { description: 'The path of that `url`.', examples: ['ws'] } },
        servers: [{ $ref: '#/servers/live' }],
        description: 'WebSocket, opened with a ticket from POST /api/ws/tickets: `{url}?ticket={ticket}`.',
        bindings: {
          ws: {
            method: 'GET',
            query: {
              type: 'object',
              required: ['ticket'],
              properties: { ticket: { type: 'string', description: 'Good for one connection within 60 seconds.' } },
            },
            bindingVersion: '0.1.0',
          },
        },
        messages: { ...references(fromServer), ...references(fromClient) },
      },
    },
    operations: {
      publishUpdates: {
        action: 'send',
        channel: { $ref: '#/channels/processing-updates' },
        messages: listOf('processing-updates', events),
      },
      queueJobs: { action: 'send', channel: { $ref: '#/channels/jobs' }, messages: listOf('jobs', jobs) },
      queueBackfills: {
        action: 'send',
        channel: { $ref: '#/channels/backfills' },
        messages: listOf('backfills', backfills),
      },
      pushToClients: { action: 'send', channel: { $ref: '#/channels/socket' }, messages: listOf('socket', fromServer) },
      hearClients: {
        action: 'receive',
        channel: { $ref: '#/channels/socket' },
        messages: listOf('socket', fromClient),
      },
    },
    components: componentsOf({ ...events, ...fromServer, ...fromClient, ...jobs, ...backfills }),
  }
}
