import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beganUploadResponse } from '@glowworm/events/http-api'
import { beforeAll, describe, expect, it } from 'vitest'
import { ApiClient, sendBytes } from '../../scripts/client/api-client.ts'
import { eventually } from '../../scripts/client/eventually.ts'
import { localUnderTest, needs, underTest } from '../support/cloud-under-test.ts'
import { listen } from '../support/live-client.ts'
import { makePicture } from '../support/pictures.ts'
import { sha256 } from '../support/uploading.ts'

interface LogLine {
  /** The function that wrote it. */
  readonly service: string
  readonly message: string
  readonly image_id?: string
  readonly upload_id?: string
  readonly correlation_id?: string
  readonly code?: string
}

/** Every line about an image that any function has written. */
async function linesAbout(imageId: string): Promise<LogLine[]> {
  const directory = join(localUnderTest().cloudData, 'logs')
  const files = (await readdir(directory)).filter((name) => name.startsWith('glowworm-'))
  const lines = await Promise.all(
    files.map(async (file) =>
      (await readFile(join(directory, file), 'utf8')).split('\n').flatMap((line) => {
        try {
          return [JSON.parse(line.slice(line.indexOf('{'))) as LogLine]
        } catch {
          return []
        }
      }),
    ),
  )
  return lines.flat().filter(({ image_id }) => image_id === imageId)
}

const servicesOf = (lines: readonly LogLine[]) => new Set(lines.map(({ service }) => service))
const correlationIdsOf = (things: readonly { readonly correlation_id?: string }[]) =>
  new Set(things.map(({ correlation_id }) => correlation_id))

let api: ApiClient

beforeAll(async () => {
  const { url, admin_email, admin_password } = underTest().cloud
  api = await ApiClient.signIn(url, admin_email, admin_password)
})

/** A request as any client may send it. */
async function post(
  path: string,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: Readonly<Record<string, string>> = {},
) {
  const authorization = `Bearer ${api.accessToken}`
  const answer = await fetch(api.url + path, { method: 'POST', headers: { authorization, ...headers }, body })
  return {
    status: answer.status,
    correlationId: answer.headers.get('x-correlation-id') ?? '',
    body: (await answer.json()) as unknown,
  }
}

/** Begins, sends and completes an upload without a word of any correlation id. */
async function uploadInSteps(bytes: Buffer) {
  const request = { filename: 'a.jpg', size: bytes.length, content_type: 'image/jpeg', sha256: sha256(bytes) }
  const began = await post('/api/uploads', JSON.stringify(request), { 'content-type': 'application/json' })
  const { upload } = beganUploadResponse.parse(began.body)
  await sendBytes(upload, { size: bytes.length, open: () => Readable.from([bytes]) }, () => {})
  return { uploadId: upload.id, began, completed: await post(`/api/uploads/${upload.id}/complete`, null) }
}

/** All that browsers hear of an image, up to its completion. */
async function eventsOf(imageId: string, send: () => Promise<void>) {
  const live = await listen(api)
  try {
    await send()
    return await eventually('the photo to be complete', () => {
      const heard = live.about(imageId)
      return heard.some(({ type }) => type === 'image:processing:complete') ? heard : null
    })
  } finally {
    live.close()
  }
}

/** Lines about an image, once each of these functions, and perhaps others, has written this one. */
const linesOnce = (imageId: string, expected: Readonly<Record<string, string>>) =>
  eventually('every function to have written about it', async () => {
    const lines = await linesAbout(imageId)
    const isThere = ([service, message]: readonly [string, string]) =>
      lines.some((line) => line.service === service && line.message === message)
    return Object.entries(expected).every(isThere) ? lines : null
  })

/** Of these services and of no others, each with the line that it ends with, and all under the one correlation id. */
async function expectLines(
  id: string,
  expected: Readonly<Record<string, string>>,
  correlationId: string,
): Promise<void> {
  const lines = await linesOnce(id, expected)
  expect(servicesOf(lines)).toEqual(new Set(Object.keys(expected)))
  expect(correlationIdsOf(lines)).toEqual(new Set([correlationId]))
}

describe('one correlation id', () => {
  it('leads from an upload in one request through the worker to the browser: that which the client gave', async (context) => {
    const bytes = await makePicture()
    const id = sha256(bytes)
    const correlationId = `test-${id.slice(0, 12)}`
    const events = await eventsOf(id, async () => {
      const headers = { 'content-type': 'image/jpeg', 'x-correlation-id': correlationId }
      expect(await post('/api/images/upload', new Uint8Array(bytes), headers)).toMatchObject({
        status: 200,
        correlationId,
      })
    })
    expect(correlationIdsOf(events)).toEqual(new Set([correlationId]))

    needs(context, 'logs in files')
    const expected = {
      'upload-image': 'answered',
      'process-image': 'The image is complete',
      notify: 'An update went out',
    }
    await expectLines(id, expected, correlationId)
  })

  it('leads through all requests of an upload in steps, whose client gives none, to the browser', async (context) => {
    const bytes = await makePicture()
    const id = sha256(bytes)
    let correlationId = ''
    const events = await eventsOf(id, async () => {
      const { began, completed } = await uploadInSteps(bytes)
      correlationId = began.correlationId
      expect(correlationId).not.toBe('')
      expect(completed).toMatchObject({ status: 200, correlationId })
    })
    expect(correlationIdsOf(events)).toEqual(new Set([correlationId]))

    needs(context, 'logs in files')
    const expected = {
      'begin-upload': 'answered',
      'complete-upload': 'answered',
      'process-image': 'The image is complete',
      notify: 'An update went out',
    }
    await expectLines(id, expected, correlationId)
  })

  it('finds the refusal of a file in the log, as does the file itself', async (context) => {
    const bytes = (await makePicture()).subarray(0, 20)
    const { uploadId, began, completed } = await uploadInSteps(bytes)
    const { correlationId } = began
    expect(completed).toMatchObject({ status: 422, correlationId, body: { error: { code: 'corrupt_image' } } })

    needs(context, 'logs in files')
    const lines = await linesOnce(sha256(bytes), { 'begin-upload': 'answered', 'complete-upload': 'answered' })
    expect(lines.filter(({ message }) => message === 'refused')).toMatchObject([
      { service: 'complete-upload', upload_id: uploadId, correlation_id: correlationId, code: 'corrupt_image' },
    ])
    expect(correlationIdsOf(lines)).toEqual(new Set([correlationId]))
  })
})
