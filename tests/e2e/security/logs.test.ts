import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { eventually } from '../../../scripts/client/eventually.ts'
import { localUnderTest, underTest } from '../../support/cloud-under-test.ts'
import { makePicture } from '../../support/pictures.ts'
import { rawRequest } from '../../support/raw-request.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

/** Everything secret that went through the system during the tests here. */
const secrets = new Map<string, string>()
let logs = ''

async function readLogs(): Promise<string> {
  const folder = join(localUnderTest().cloudData, 'logs')
  const files = await readdir(folder)
  return (await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))).join('\n')
}

beforeAll(async () => {
  const { url, admin_email, admin_password, ws_url } = underTest().cloud
  const wrongPassword = `wrong-${randomUUID()}`
  const invented = randomUUID()
  await ApiClient.signIn(url, admin_email, wrongPassword).catch(() => {})
  const api = await ApiClient.signIn(url, admin_email, admin_password)
  const cookies = await rawRequest(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: admin_email, password: admin_password }),
  })
  const [access = '', refresh = ''] = [cookies.headers['set-cookie'] ?? []].flat().map((line) => line.split(/[=;]/)[1])
  await rawRequest(`${url}/api/auth/me`, { headers: { cookie: `glowworm_access=x.y.z; glowworm_refresh=${refresh}` } })
  await rawRequest(`${url}/api/images?token=${invented}`, { headers: { authorization: `Bearer ${invented}` } })
  await rawRequest(`${url}/api/auth/logout`, {
    method: 'POST',
    headers: { cookie: `glowworm_refresh=${refresh}`, 'sec-fetch-site': 'same-origin' },
  })

  const picture = await makePicture({ gps: true })
  const begun = await api.beginUpload({
    filename: 'somewhere.jpg',
    size: picture.length,
    content_type: 'image/jpeg',
    sha256: sha256(picture),
  })
  await upload(api, picture)
  // Or there would be no position to be told.
  expect((await settled(api, sha256(picture))).exif?.has_gps).toBe(true)
  const direct = await makePicture({ gps: true })
  await rawRequest(`${url}/api/images/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.accessToken}`, 'content-type': 'image/jpeg' },
    body: direct,
  })
  await settled(api, sha256(direct))
  const original = await rawRequest(`${url}/api/images/${sha256(picture)}/original`, {
    headers: { authorization: `Bearer ${api.accessToken}` },
  })
  const { ticket } = await api.createTicket()
  for (let time = 0; time < 2; time++) {
    await new Promise<void>((resolve) => {
      const socket = new WebSocket(`${ws_url}?ticket=${ticket}`)
      socket.on('open', () => socket.close())
      socket.on('error', () => resolve())
      socket.on('close', () => resolve())
    })
  }

  const signature = (address: unknown) => new URL(String(address)).searchParams.get('X-Amz-Signature') ?? ''
  for (const [what, secret] of Object.entries({
    'the password': admin_password,
    'a wrong password': wrongPassword,
    'an access token': api.accessToken,
    'the signature of an access token': api.accessToken.split('.')[2] ?? '',
    'the access cookie': access,
    'the refresh cookie': refresh,
    'an invented token': invented,
    'a ticket': ticket,
    'the signature of an upload': 'upload' in begun ? signature(begun.upload.url) : '',
    'the signature of a download': signature(original.headers.location),
    'the key of storage': 'local-secret',
  })) {
    secrets.set(what, secret)
  }

  // The last of it has been written once the log tells of a request that came after all the others.
  const last = randomUUID()
  await rawRequest(`${url}/api/health`, { headers: { 'x-correlation-id': last } })
  logs = await eventually('the log of the last request', async () => {
    const text = await readLogs()
    return text.includes(last) ? text : null
  })
})

describe('no log holds', () => {
  it.each([
    'the password',
    'a wrong password',
    'an access token',
    'the signature of an access token',
    'the access cookie',
    'the refresh cookie',
    'an invented token',
    'a ticket',
    'the signature of an upload',
    'the signature of a download',
    'the key of storage',
  ])('%s', (what) => {
    const secret = secrets.get(what) ?? ''
    expect(secret.length, 'the secret itself').toBeGreaterThan(8)
    expect(logs.includes(secret)).toBe(false)
  })

  it.each([
    ['a token of any kind', /eyJ[\w-]{8,}\.[\w-]{8,}/],
    ['a signature of any kind', /x-amz-signature=(?!\[redacted\])/i],
    ['a position', /"?(gps|latitude|longitude|GPSLatitude)"?\s*[:=]\s*"?[\d[{-]/i],
    // 51° 23′ 37.5″ N, 0° 7′ 41.25″ W: digits that no duration has by chance.
    ['the place where the photo was taken', /51\.39375|0\.128125/],
    ["anybody's network address", /"?(source_?ip|x-forwarded-for)"?\s*:/i],
  ])('%s', (_what, pattern) => {
    expect(pattern.exec(logs)?.[0]).toBeUndefined()
  })
})
