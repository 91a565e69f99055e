import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageEvent } from '@glowworm/events/image-events'
import { describe, expect, it } from 'vitest'
import { ApiClient } from '../../scripts/client/api-client.ts'
import { eventually } from '../../scripts/client/eventually.ts'
import { localUnderTest, needs, underTest } from '../support/cloud-under-test.ts'
import { listen } from '../support/live-client.ts'
import { makePicture } from '../support/pictures.ts'
import { sha256 } from '../support/uploading.ts'

interface LogLine {
  readonly function: string
  readonly message: string
  readonly image_id?: string
  readonly correlation_id?: string
}

/** Every line that any function has written, of those that are lines of its log and no metrics. */
async function logLines(): Promise<LogLine[]> {
  const directory = join(localUnderTest().cloudData, 'logs')
  const files = (await readdir(directory)).filter((name) => name.startsWith('glowworm-'))
  const lines = await Promise.all(
    files.map(async (file) =>
      (await readFile(join(directory, file), 'utf8')).split('\n').flatMap((line) => {
        const json = line.slice(line.indexOf('{'))
        try {
          return [{ ...JSON.parse(json), function: file.replace(/^glowworm-|\.log$/g, '') } as LogLine]
        } catch {
          return []
        }
      }),
    ),
  )
  return lines.flat()
}

describe('one correlation id', () => {
  it('leads from the upload through the worker to the browser, in every event and every line', async (context) => {
    const { url, admin_email, admin_password } = underTest().cloud
    const api = await ApiClient.signIn(url, admin_email, admin_password)
    const live = await listen(api)
    const bytes = await makePicture()
    const id = sha256(bytes)
    const correlationId = `test-${id.slice(0, 12)}`
    const answer = await fetch(`${url}/api/images/upload`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${api.accessToken}`,
        'content-type': 'image/jpeg',
        'x-correlation-id': correlationId,
      },
      body: new Uint8Array(bytes),
    })
    expect([answer.status, answer.headers.get('x-correlation-id')]).toEqual([200, correlationId])

    const events = await eventually('the photo to be complete', () => {
      const heard: readonly ImageEvent[] = live.about(id)
      return heard.some(({ type }) => type === 'image:processing:complete') ? heard : null
    })
    live.close()
    expect(new Set(events.map((event) => event.correlation_id))).toEqual(new Set([correlationId]))

    needs(context, 'logs in files')
    const lines = await eventually('every function to have written about it', async () => {
      const found = (await logLines()).filter((line) => line.correlation_id === correlationId)
      const functions = new Set(
        found.map((line) => line.function.replace(/^.*?(?=upload-image|process-image|notify)/, '')),
      )
      return functions.size >= 3 ? { found, functions } : null
    })
    expect(lines.functions).toEqual(new Set(['upload-image', 'process-image', 'notify']))
    expect(lines.found.map(({ message }) => message)).toEqual(
      expect.arrayContaining(['answered', 'The image is complete', 'An update went out']),
    )
    const about = (await logLines()).filter((line) => line.image_id === id)
    expect(about.length).toBeGreaterThan(0)
    expect(about.filter((line) => line.correlation_id !== correlationId)).toEqual([])
  })
})
