import { expect, it } from 'vitest'
import { rewriteHosts } from './aws-hosts.ts'

const endpoints = { aws: 'http://127.0.0.1:4566', frontDoor: 'http://localhost:4200' }
const rewrite = (text: string) => rewriteHosts(text, endpoints, (apiId) => apiId === 'sockets')

it.each([
  ['wss://sockets.execute-api.us-east-1.amazonaws.com/live', 'ws://localhost:4200/ws'],
  ['https://sockets.execute-api.us-east-1.amazonaws.com/live', 'http://127.0.0.1:4566/_sockets/sockets'],
  ['https://web.execute-api.us-east-1.amazonaws.com/api/x', 'http://localhost:4200/api/x'],
  ['https://photos.s3.us-east-1.amazonaws.com/a.jpg', 'http://127.0.0.1:4566/photos/a.jpg'],
  ['https://cognito-idp.us-east-1.amazonaws.com/us-east-1_users', 'http://127.0.0.1:4566/us-east-1_users'],
  ['https://glowworm-site.cloudfront.net', 'http://localhost:4200'],
  [
    "connect-src 'self' wss://sockets.execute-api.us-east-1.amazonaws.com; img-src 'self'",
    "connect-src 'self' ws://localhost:4200/ws; img-src 'self'",
  ],
  ['arn:aws:sqs:us-east-1:000000000000:jobs', 'arn:aws:sqs:us-east-1:000000000000:jobs'],
])('%s becomes %s', (text, expected) => {
  expect(rewrite(text)).toBe(expected)
})
