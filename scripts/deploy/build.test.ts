import { expect, it } from 'vitest'
import { contextOf } from './build.ts'

const account = { account: '123456789012', region: 'eu-west-1' }

it('templates for AWS name the account and the region, so that they fit no other', () => {
  const context = { alarmEmail: 'ops@example.com' }
  expect(contextOf({ context }, '/layers', null, account)).toEqual({ ...context, layers: '/layers', ...account })
})

it('templates for an emulator name its address in their place', () => {
  const endpoint = 'http://127.0.0.1:4566'
  expect(contextOf({ context: {} }, '/layers', endpoint, account)).toEqual({ layers: '/layers', endpoint })
})

it('no option decides what is deployed, or where to', () => {
  const context = { layers: '/mine', account: '999999999999', region: 'us-west-2' }
  expect(contextOf({ context }, '/layers', null, account)).toEqual({ layers: '/layers', ...account })
})
