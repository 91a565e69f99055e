import { uploadedResponse } from '@glowworm/events/http-api'
import { beforeAll, describe, expect, it } from 'vitest'
import { ApiClient } from '../../scripts/client/api-client.ts'
import { eventually } from '../../scripts/client/eventually.ts'
import { underTest } from '../support/cloud-under-test.ts'
import { listen } from '../support/live-client.ts'
import { makePicture } from '../support/pictures.ts'
import { settled, sha256, upload } from '../support/uploading.ts'

let api: ApiClient
beforeAll(async () => {
  const cloud = underTest().cloud
  api = await ApiClient.signIn(cloud.url, cloud.admin_email, cloud.admin_password)
})

async function directUpload(bytes: Buffer, filename: string) {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), filename)
  const response = await fetch(`${underTest().cloud.url}/api/images/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.accessToken}` },
    body: form,
  })
  return { status: response.status, answer: uploadedResponse.parse(await response.json()) }
}

describe.each([
  ['through the API', directUpload],
  [
    'straight to storage',
    async (bytes: Buffer, filename: string) => ({ status: 200, answer: await upload(api, bytes, filename) }),
  ],
] as const)('the same photo sent 20 times at once %s', (_way, send) => {
  it('becomes one record and one job, and every sender gets the same image', async () => {
    const client = await listen(api)
    const bytes = await makePicture()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => send(bytes, `copy-${index}.jpg`)))

    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
    const originals = answers.filter(({ answer }) => answer.is_duplicate !== true)
    expect(originals).toHaveLength(1)
    expect(originals[0]?.answer.background_processing).toBe(true)
    const duplicates = answers.filter(({ answer }) => answer.is_duplicate === true)
    expect(duplicates.map(({ answer }) => answer.background_processing)).toEqual(Array(19).fill(false))
    expect(new Set(answers.map(({ answer }) => answer.data.id))).toEqual(new Set([sha256(bytes)]))

    const image = await settled(api, sha256(bytes))
    expect(image).toMatchObject({ processing_status: 'complete', processing_attempts: 1 })
    const once = ['image:created', 'image:processing:started', 'image:processing:complete']
    const types = await eventually('beginning and end of the work to be announced', () => {
      const heard: readonly string[] = client.about(image.id).map((event) => event.type)
      return once.every((type) => heard.includes(type)) ? heard : null
    })
    for (const type of once) expect(types.filter((heard) => heard === type)).toHaveLength(1)
    client.close()
  })
})

describe('a photo that is known', () => {
  it('is answered before any byte moves, with the image that is there', async () => {
    const bytes = await makePicture()
    await upload(api, bytes, 'first.jpg')
    const image = await settled(api, sha256(bytes))
    const again = await api.beginUpload({
      filename: 'second.jpg',
      size: bytes.length,
      content_type: 'image/jpeg',
      sha256: image.id,
    })
    expect(again).toMatchObject({ is_duplicate: true, background_processing: false, data: image })
  })

  it('is told from an unknown one, many at a time', async () => {
    const bytes = await makePicture()
    await upload(api, bytes)
    const unknown = sha256(Buffer.from('never sent'))
    const found = await api.findDuplicates([sha256(bytes), unknown])
    expect([...found.keys()]).toEqual([sha256(bytes)])
  })
})
