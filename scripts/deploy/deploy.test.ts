import { expect, it } from 'vitest'
import { addresses, quotaComplaint } from './deploy.ts'

it('an account that may run as many functions for people as for the queues is enough', () => {
  expect(quotaComplaint(1000, 10)).toBeNull()
  expect(quotaComplaint(20, 10)).toBeNull()
})

it('a new account, which may run ten at once, is told before it is too late', () => {
  expect(quotaComplaint(10, 10)).toMatch(/10 Lambda functions.*Service Quotas/)
})

const deployed = {
  ApiUrl: 'https://api.example.com',
  WebSocketUrl: 'wss://socket.example.com/live',
  OriginalsBucketName: 'originals',
  RenditionsBucketName: 'renditions',
  UserPoolId: 'eu-west-1_pool',
}

it('the user is told where everything is, as far as it is there', () => {
  expect(addresses(deployed, { endpoint: 'http://127.0.0.1:4566' }).split('\n')).toEqual([
    '',
    'Deployed:',
    '  Site      none',
    '  API       https://api.example.com',
    '  Socket    wss://socket.example.com/live',
    '  Accounts  user pool eu-west-1_pool',
    '  Tests     npm run e2e -- --endpoint http://127.0.0.1:4566',
  ])
})

it("the user is told where a domain has to point, and the dashboard's address", () => {
  const site = { SiteUrl: 'https://photos.example.com', DistributionDomainName: 'd1.cloudfront.net' }
  const text = addresses({ ...deployed, ...site, DashboardUrl: 'https://console.example.com/' }, { endpoint: null })
  expect(text).toContain('\n  DNS       photos.example.com → d1.cloudfront.net\n')
  expect(text).toContain('\n  Metrics   https://console.example.com/')
  expect(addresses({ ...deployed, ...site, SiteUrl: 'https://d1.cloudfront.net' }, { endpoint: null })).not.toContain(
    'DNS',
  )
})
