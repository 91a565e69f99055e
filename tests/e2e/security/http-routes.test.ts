import { errorResponse } from '@glowworm/events/http-api'
import openApi from '@glowworm/events/openapi.json' with { type: 'json' }
import { beforeAll, describe, expect, it } from 'vitest'
import { type Caller, callers, callersOfOurOwnMaking } from '../../support/callers.ts'
import { needs, underTest } from '../../support/cloud-under-test.ts'
import { rawRequest } from '../../support/raw-request.ts'

/** The status that each caller gets. */
type Cells = Readonly<Record<Caller, number>>

const everybody = (status: number): Cells => ({
  anonymous: status,
  'token of our own making': status,
  'expired token': status,
  'tampered token': status,
  'token without a signature': status,
  'token of a stranger': status,
  'token of another pool': status,
  'token of another client': status,
  'id token': status,
  'expired cookie': status,
  'no admin': status,
  admin: status,
  'admin by cookie': status,
  "admin's cookie, other site": status,
  "admin's cookie, other port": status,
  "admin's cookie, foreign origin": status,
  "admin's cookie, no browser": status,
})

/**
 * What only admins may read. The last two are let through: no page can make such a request, for every browser says
 * where a request comes from, and none sends a `SameSite=Strict` cookie for another site.
 */
const adminsRead = (status: number): Cells => ({
  ...everybody(401),
  'token of our own making': status,
  'no admin': 403,
  admin: status,
  'admin by cookie': status,
  "admin's cookie, other site": 403,
  "admin's cookie, other port": 403,
  "admin's cookie, foreign origin": status,
  "admin's cookie, no browser": status,
})

/** What only admins may do: a cookie has to come from a page of ours, and to be seen to. */
const adminsDo = (status: number): Cells => ({
  ...adminsRead(status),
  "admin's cookie, foreign origin": 403,
  "admin's cookie, no browser": 403,
})

/** Answers for itself who somebody is. An account without rights may know that it is signed in. */
const whoeverSignedIn: Cells = {
  ...everybody(401),
  'token of our own making': 200,
  'no admin': 200,
  admin: 200,
  'admin by cookie': 200,
  "admin's cookie, foreign origin": 200,
  "admin's cookie, no browser": 200,
}

interface Row {
  readonly cells: Cells
  /** In place of `{id}` and `{name}`. */
  readonly path?: string
  readonly json?: unknown
  /** No authoriser stands before it: its function refuses by itself. */
  readonly isPublic?: true
}

const unknownImage = 'f'.repeat(64)
const unknownUpload = '01KAQ9ZXH00000000000000000'

/**
 * Every route of the HTTP API. Whoever is let in asks for something that changes nothing: an image that is not there, a
 * body that is not valid. So the status of those cells says how far they came. Displays, and with them the column of
 * another device's token, come with a later milestone.
 */
const table: Readonly<Record<string, Row>> = {
  'POST /api/images/upload': { cells: adminsDo(400), json: {} },
  'POST /api/uploads': { cells: adminsDo(400), json: {} },
  'POST /api/uploads/{id}/complete': { cells: adminsDo(404), path: `/api/uploads/${unknownUpload}/complete` },
  'POST /api/images/check-duplicates': { cells: adminsDo(200), json: { hashes: [unknownImage] } },
  'GET /api/images': { cells: adminsRead(200) },
  'GET /api/images/{id}': { cells: adminsRead(404) },
  'PATCH /api/images/{id}': { cells: adminsDo(404), json: { title: 'x' } },
  'DELETE /api/images/{id}': { cells: adminsDo(404) },
  'GET /api/images/{id}/original': { cells: adminsRead(404) },
  'POST /api/images/{id}/retry-processing': { cells: adminsDo(404) },
  'POST /api/images/bulk-delete': { cells: adminsDo(200), json: { ids: [unknownImage] } },
  'POST /api/images/retry-failed': { cells: adminsDo(200), json: { ids: [unknownImage] } },
  'GET /api/settings/display-sizes': { cells: adminsRead(200) },
  'PUT /api/settings/display-sizes': { cells: adminsDo(400), json: {} },
  'GET /api/settings/display-sizes/coverage': { cells: adminsRead(200) },
  'GET /api/processing/stats': { cells: adminsRead(200) },
  'POST /api/processing/redrive': { cells: adminsDo(200) },
  'POST /api/ws/tickets': { cells: adminsDo(201) },
  // Public, each for the reason that the stack states.
  'POST /api/auth/login': { cells: everybody(400), json: {} },
  // It takes cookies away, sent or not; so only a page of ours may ask for it.
  'POST /api/auth/logout': { cells: { ...everybody(403), 'admin by cookie': 204 }, isPublic: true },
  'GET /api/auth/me': { cells: whoeverSignedIn, isPublic: true },
  'HEAD /api/auth/me': { cells: whoeverSignedIn, isPublic: true },
  'GET /api/health': { cells: everybody(200) },
  'HEAD /api/health': { cells: everybody(200) },
  'GET /api/openapi.json': { cells: everybody(200) },
  'HEAD /api/openapi.json': { cells: everybody(200) },
  'GET /media/{id}/{name}': { cells: everybody(404), path: `/media/${unknownImage}/150` },
  'HEAD /media/{id}/{name}': { cells: everybody(404), path: `/media/${unknownImage}/150` },
}

/** No route: nobody gets anywhere, whoever they are. */
const nowhere = [
  'GET /api/',
  'GET /api/nothing',
  'PUT /api/images',
  'POST /api/images',
  'DELETE /api/images',
  'GET /api/uploads',
  'GET /api/auth/login',
  `PUT /api/images/${unknownImage}`,
  `GET /api/images/${unknownImage}/original/`,
  'GET /api//images',
  'OPTIONS /api/images',
]

let known: Awaited<ReturnType<typeof callers>>
beforeAll(async () => {
  known = await callers()
})

async function send(route: string, { path, json }: Pick<Row, 'path' | 'json'>, caller: Caller) {
  const [method = '', pattern = ''] = route.split(' ')
  const url = underTest().cloud.url + (path ?? pattern.replace('{id}', unknownImage))
  const headers = { ...known[caller], ...(json !== undefined && { 'content-type': 'application/json' }) }
  return rawRequest(url, { method, headers, ...(json !== undefined && { body: JSON.stringify(json) }) })
}

const names = Object.keys(everybody(0)) as Caller[]

describe('the table', () => {
  it('has a row for every route of the template', () => {
    const routes = underTest().routes.filter((route) => !route.startsWith('$'))
    expect(Object.keys(table).toSorted()).toEqual(routes)
  })

  it('has a row for every call of the published description', () => {
    const described = Object.entries(openApi.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(Object.keys(table)).toEqual(expect.arrayContaining(described))
  })

  it('has a column for everybody who comes', () => {
    expect(Object.keys(known).toSorted()).toEqual(names.toSorted())
  })
})

/** For an authoriser that throws, where an emulator does not know that `Unauthorized` means 401. */
const emulatorsWords = { message: 'Internal Server Error' }

/** What API Gateway itself says to whom the authoriser does not let in. */
const gatewaysWords = /^\{"message": ?"(Unauthorized|Forbidden)"\}$/

describe.each(Object.entries(table))('%s', (route, row) => {
  it.for(names.map((caller) => [caller, row.cells[caller]] as const))('%s: %i', async ([caller, expected], context) => {
    if (callersOfOurOwnMaking.includes(caller)) needs(context, 'tokens of our own making')
    const { status, headers, text } = await send(route, row, caller)
    const mayBe500 = expected === 401 && !row.isPublic && underTest().cannot["an authoriser's 401"] !== undefined
    if (mayBe500 && status === 500) {
      expect(JSON.parse(text)).toEqual(emulatorsWords)
      return
    }
    expect(status, text).toBe(expected)
    if (gatewaysWords.test(text)) return
    expect(headers['cache-control']).toBe('no-store')
    if (route.startsWith('HEAD ')) expect(text).toBe('')
    else if (status >= 400) expectNoInsides(text)
  })
})

/** A refusal keeps to the contract and says nothing of how we are made. */
function expectNoInsides(text: string): void {
  errorResponse.parse(JSON.parse(text))
  expect(text).not.toMatch(/node_modules|\.[jt]s\b|\bat \w+ \(|arn:|aws|dynamo|exception/i)
}

describe.each(nowhere)('%s leads nowhere', (route) => {
  it.each(['anonymous', 'no admin', 'admin'] as const)('for %s', async (caller) => {
    const { status } = await send(route, {}, caller)
    expect([403, 404]).toContain(status)
  })
})
