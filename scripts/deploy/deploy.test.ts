import { expect, it } from 'vitest'
import { quotaComplaint } from './deploy.ts'

it('an account that may run as many functions for people as for the queues is enough', () => {
  expect(quotaComplaint(1000, 10)).toBeNull()
  expect(quotaComplaint(20, 10)).toBeNull()
})

it('a new account, which may run ten at once, is told before it is too late', () => {
  expect(quotaComplaint(10, 10)).toMatch(/10 Lambda functions.*Service Quotas/)
})
