import { expect, it } from 'vitest'
import { callFunction } from './function-call.ts'

it('does not wait for ever', async () => {
  const never = () => new Promise<never>(() => {})
  expect(await callFunction(never, 'arn', {}, 10)).toEqual({ kind: 'unavailable' })
})

it('passes on what nobody foresaw', async () => {
  const broken = () => Promise.reject(new Error('broken'))
  await expect(callFunction(broken, 'arn', {})).rejects.toThrow('broken')
})
