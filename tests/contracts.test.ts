import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { imageEvent } from '@glowworm/events/image-events'
import { applyDisplaySizesJob, processImageJob } from '@glowworm/events/jobs'
import { clientMessage, serverMessage } from '@glowworm/events/socket-messages'
import { displaySize } from '@glowworm/events/vocabulary'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { contractFiles } from '../scripts/contracts/contract-files.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8')
const fixture = async (name: string) => JSON.parse(await read(`events/fixtures/${name}`))

describe('the generated contract files', () => {
  it.each([...contractFiles()])('%s is what the schemas say today (else: npm run generate)', async (path, content) => {
    expect(await read(path)).toBe(content)
  })

  it('openapi.json is a valid OpenAPI 3.1 document', async () => {
    const result = await new Validator().validate(JSON.parse(await read('events/openapi.json')))
    expect(result.errors).toBeUndefined()
    expect(result.valid).toBe(true)
  })

  it('asyncapi.yaml is a valid AsyncAPI 3 document whose references all resolve', async () => {
    const document = parse(await read('events/asyncapi.yaml'))
    const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json')
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema)
    expect(validate(document) ? [] : validate.errors).toEqual([])

    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(references.length).toBeGreaterThan(20)
    for (const reference of references) {
      const target = reference.split('/').reduce((node, key) => node?.[key], document)
      expect(target, reference).toBeDefined()
    }
  })
})

describe('version 1 of the messages, as clients out there send and read them', () => {
  it('reads every event, and keeps every field of it', async () => {
    const events = await fixture('image-events.v1.json')
    expect(events.map((event: unknown) => imageEvent.parse(event))).toMatchObject(events)
  })

  it('has a fixture of every type of event', async () => {
    const types = (await fixture('image-events.v1.json')).map((event: { type: string }) => event.type)
    expect(new Set(types)).toEqual(new Set(imageEvent.options.map((option) => option.shape.type.value)))
  })

  it('keeps the names of the four events that the original sends', async () => {
    const types = (await fixture('image-events.v1.json')).map((event: { type: string }) => event.type)
    for (const stage of ['thumbnail_complete', 'variant_complete', 'complete', 'failed']) {
      expect(types).toContain(`image:processing:${stage}`)
    }
  })

  it('reads every message of the socket, in both directions', async () => {
    const { client, server } = await fixture('socket-messages.v1.json')
    expect(client.map((message: unknown) => clientMessage.parse(message))).toEqual(client)
    expect(server.map((message: unknown) => serverMessage.parse(message))).toEqual(server)
    for (const event of await fixture('image-events.v1.json')) {
      const sent = { ...event, position: event.id }
      expect(serverMessage.parse(sent)).toMatchObject(sent)
    }
  })

  it('reads jobs, and refuses fields that it does not know', async () => {
    const jobs = await fixture('jobs.v1.json')
    expect(jobs.map((job: unknown) => processImageJob.parse(job))).toEqual(jobs)
    expect(processImageJob.safeParse({ ...jobs[0], surprise: true }).success).toBe(false)
  })

  it('reads what takes settings to the images', async () => {
    const jobs = await fixture('backfills.v1.json')
    expect(jobs.map((job: unknown) => applyDisplaySizesJob.parse(job))).toEqual(
      jobs.map((job: object) => ({ awaits: null, ...job })),
    )
  })

  it('holds no coordinates in any event', async () => {
    expect(await read('events/fixtures/image-events.v1.json')).not.toMatch(/latitude|longitude/)
    expect(await read('events/asyncapi.yaml')).not.toMatch(/latitude|longitude/)
  })
})

describe('a display size', () => {
  it.each(['16x16', '1080x1920', '8192x8192'])('may be %s', (size) => {
    expect(displaySize.safeParse(size).success).toBe(true)
  })
  it.each(['0x10', '15x100', '8193x100', '1080X1920', '01080x1920', '1080x1920 ', '1e3x1000', '-16x16'])(
    'may not be %s',
    (size) => expect(displaySize.safeParse(size).success).toBe(false),
  )
})
