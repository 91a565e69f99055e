import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { processingStatsResponse } from '@glowworm/events/http-api'
import type { ProcessImageJob } from '@glowworm/events/jobs'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ApiClient } from '../../../scripts/client/api-client.ts'
import { underTest } from '../../support/cloud-under-test.ts'
import { makePicture } from '../../support/pictures.ts'
import { enter, overflow, picture, violationsInBoth } from '../../support/site.ts'
import { settled, sha256, upload } from '../../support/uploading.ts'

let api: ApiClient
beforeAll(async () => {
  const { url, admin_email, admin_password } = underTest().cloud
  api = await ApiClient.signIn(url, admin_email, admin_password)
})

const panel = (page: Page, name: string) => page.getByRole('region', { name })
const rowOf = (page: Page, name: string, file: string) =>
  panel(page, name).getByRole('listitem').filter({ hasText: file })

async function openActivity(options: Parameters<typeof enter>[1] = {}): Promise<Page> {
  const page = await enter('/activity', options)
  await panel(page, 'Queues').waitFor()
  return page
}

/** A photo that begins well and then breaks off. */
async function tornPicture(prefix: string) {
  const whole = await makePicture({ width: 800, height: 600 })
  const bytes = whole.subarray(0, Math.floor(whole.length / 2))
  return { bytes, name: `${prefix} ${sha256(bytes).slice(0, 8)}.jpg` }
}

/** A photo whose worker crashed three times, as far as its record tells: its renditions are there already. */
async function crashedPicture(prefix: string) {
  const { bytes, name } = await picture(prefix)
  await upload(api, bytes, name)
  const id = sha256(bytes)
  await settled(api, id)
  const client = new DynamoDBClient(underTest().aws)
  onTestFinished(() => client.destroy())
  const documents = DynamoDBDocumentClient.from(client)
  const { TableNames = [] } = await client.send(new ListTablesCommand({}))
  const TableName = TableNames.find((table) => /images/i.test(table))
  const { Item } = await documents.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true }))
  const crashed = {
    ...Item,
    revision: Number(Item?.revision) + 1,
    updated_at: new Date().toISOString(),
    processing_status: 'failed',
    listing_status: 'failed',
    variant_status: 'failed',
    consecutive_failures: 3,
    processing_error: { code: 'worker_crashed', message: 'The worker stopped without an answer.', stage: 'variants' },
  }
  await documents.send(new PutCommand({ TableName, Item: crashed }))
  return { id, name }
}

/** Puts a job among the dead letters of backfills. */
async function bury(job: ProcessImageJob): Promise<void> {
  const client = new SQSClient(underTest().aws)
  onTestFinished(() => client.destroy())
  const { QueueUrls = [] } = await client.send(new ListQueuesCommand({}))
  const QueueUrl = QueueUrls.find((url) => /low-?dead/i.test(url))
  await client.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(job) }))
}

describe('the activity page', () => {
  it('shows jobs while they are worked on, and their end, without a reload', async () => {
    const page = await openActivity()
    const torn = await tornPicture('Torn')
    const sound = await Promise.all([1, 2, 3].map((number) => picture(`Job ${number}`)))
    const seen = Promise.all(sound.map(({ name }) => rowOf(page, 'Being processed', name).waitFor({ timeout: 60_000 })))
    for (const { bytes, name } of [torn, ...sound]) await upload(api, bytes, name)
    await seen
    const failed = rowOf(page, 'Failed', torn.name)
    await failed.getByText('The picture cannot be decoded').waitFor({ timeout: 60_000 })
    expect(await failed.getByRole('button', { name: 'Retry' }).count()).toBe(0)
    for (const { name } of sound) {
      await rowOf(page, 'Being processed', name).waitFor({ state: 'detached', timeout: 60_000 })
    }
    await page.getByText('All quiet').waitFor({ timeout: 60_000 })
    await failed.getByRole('link', { name: torn.name }).click()
    await page.getByRole('heading', { name: torn.name }).waitFor()
    await api.call('DELETE', `/api/images/${sha256(torn.bytes)}`)
  })

  it('has what crashed processed again, one or all', async () => {
    const [one, other] = [await crashedPicture('Crashed'), await crashedPicture('Also crashed')]
    const page = await openActivity()
    await rowOf(page, 'Failed', one.name).getByText('gave up after 3 tries in a row').waitFor()
    await rowOf(page, 'Failed', one.name).getByRole('button', { name: 'Retry' }).press('Enter')
    await rowOf(page, 'Failed', one.name).waitFor({ state: 'detached' })
    // The row has gone with the button in it; whoever goes by keys is still near.
    await expect.poll(() => page.evaluate('document.activeElement.localName')).toMatch(/^(a|button)$/)
    await panel(page, 'Failed').getByRole('button', { name: 'Retry all' }).click()
    await panel(page, 'Failed')
      .getByText(/photos? will be processed again\./)
      .waitFor()
    await rowOf(page, 'Failed', other.name).waitFor({ state: 'detached' })
    for (const { id } of [one, other]) expect((await settled(api, id)).processing_status).toBe('complete')
  })

  it('counts dead jobs, and says what a redrive did with them', async () => {
    const { bytes, name } = await picture('Done')
    await upload(api, bytes, name)
    const { id } = await settled(api, sha256(bytes))
    const page = await openActivity()
    const dead = page.getByRole('listitem', { name: 'Low priority' }).locator('dd').nth(2)
    expect(await dead.textContent()).toBe('0')
    await bury({
      version: 1,
      job_id: '01KAQ9ZXH00000000000000001',
      image_id: id,
      reason: 'display_sizes',
      display_sizes: [],
      formats: ['jpeg'],
      correlation_id: 'c-1',
      queued_at: new Date().toISOString(),
    })
    await page.reload()
    await dead.getByText('1', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Redrive' }).click()
    await page.getByText('1 job dropped: nothing was left to do.').waitFor({ timeout: 30_000 })
    await dead.getByText('0', { exact: true }).waitFor()
  })

  it('draws the last hour, and says the same in words and numbers', async () => {
    const { bytes, name } = await picture('Counted')
    await upload(api, bytes, name)
    await settled(api, sha256(bytes))
    const page = await openActivity()
    const { recent } = processingStatsResponse.parse(await api.call('GET', '/api/processing/stats'))
    const hour = panel(page, 'The last hour')
    await hour.getByRole('img', { name: `${recent.processed} job` }).waitFor()
    await hour.getByText('The same as a table').click()
    const cells = await hour.locator('tbody tr td:nth-of-type(1)').allTextContents()
    expect(cells.map(Number).reduce((sum, count) => sum + count, 0)).toBe(recent.processed)
    const slider = hour.getByRole('slider', { name: 'Jobs, in steps of 2 minutes' })
    await slider.focus()
    await page.keyboard.press('Home')
    const first = await slider.getAttribute('aria-valuetext')
    await page.keyboard.press('ArrowRight')
    expect(await slider.getAttribute('aria-valuetext')).not.toBe(first)
    await hour.getByText((await slider.getAttribute('aria-valuetext')) ?? '').waitFor()
  })

  it.each([
    ['light', 1280],
    ['dark', 360],
  ] as const)(
    'has nothing that keeps people out, in %s and the other colours, %d pixels wide',
    async (colorScheme, width) => {
      const page = await openActivity({ colorScheme, viewport: { width, height: 740 } })
      await page.getByText('The same as a table').click()
      expect(await violationsInBoth(page, colorScheme)).toEqual([])
      expect(await overflow(page)).toBe(0)
    },
  )

  it('says that it is offline, and goes on when it no longer is', async () => {
    const page = await openActivity()
    await page.context().setOffline(true)
    await page.getByText('You are offline.').waitFor()
    await page.context().setOffline(false)
    await page.getByText('You are offline.').waitFor({ state: 'detached' })
  })

  it('says that the server is away, and counts again once it is back', async () => {
    const page = await enter()
    await page.route(/\/api\/(processing|health)/, (route) => route.abort())
    await page.getByRole('link', { name: 'Activity' }).click()
    await page.getByText('The server cannot be reached').waitFor({ timeout: 30_000 })
    await page.unrouteAll()
    await panel(page, 'Queues').waitFor({ timeout: 30_000 })
    await page.getByText('The server cannot be reached').waitFor({ state: 'detached' })
  })
})
