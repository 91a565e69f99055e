import { Validations } from 'aws-cdk-lib/core'
import { expect, it, vi } from 'vitest'
import { glowwormApp } from './testing/synthesize.ts'

it('accepts, each with a reason, only what a rule finds', () => {
  const accepted = new Map<string, string>()
  const acknowledge = vi.spyOn(Validations.prototype, 'acknowledge').mockImplementation((...all) => {
    for (const { id, reason } of all) accepted.set(id, reason ?? '')
  })
  const { app } = glowwormApp()
  let report = ''
  try {
    app.synth()
  } catch (error) {
    report = String(error)
  } finally {
    acknowledge.mockRestore()
  }
  expect(accepted.size).toBeGreaterThan(10)
  expect([...accepted].filter(([, reason]) => reason.length < 20)).toEqual([])
  // What only warns is in no error.
  const rules = [...accepted.keys()].filter((id) => id.startsWith('AwsSolutions-'))
  expect(rules.filter((id) => !report.includes(`'AwsSolutions::${id}'`))).toEqual([])
})
