import { once } from 'node:events'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { buildApp } from 'fauxqs'
import { afterAll } from 'vitest'
import type { AwsConfig } from '../aws-config.ts'

/** It has no types. */
const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => Server

const identity = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local-secret' } }

/** DynamoDB in memory, on a free port, until the tests of this file are over. */
export async function startDynamoDb(): Promise<AwsConfig & { endpoint: string }> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  const { endpoint } = await listening(server)
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  return { ...identity, endpoint }
}

/** SQS, SNS and as much of S3 as the tests need, in memory, on a free port, until the tests of this file are over. */
export async function startMessaging(): Promise<AwsConfig & { endpoint: string }> {
  const app = buildApp({ logger: false, host: '127.0.0.1' })
  const endpoint = await app.listen({ host: '127.0.0.1', port: 0 })
  afterAll(() => app.close())
  return { ...identity, endpoint }
}

/** Any server of a test's own, as if it were AWS. */
export async function listening(server: Server): Promise<AwsConfig & { endpoint: string }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { ...identity, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
