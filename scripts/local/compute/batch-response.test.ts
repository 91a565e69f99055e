import { describe, expect, it } from 'vitest'
import { failedMessageIds } from './batch-response.ts'

const batch = [{ messageId: 'a' }, { messageId: 'b' }]
const failed = (response: unknown) => [...failedMessageIds(JSON.stringify(response), batch)]

describe('a response to a batch', () => {
  it.each([[null], [{}], [{ batchItemFailures: [] }], [{ batchItemFailures: null }]])(
    '%j: all succeeded',
    (response) => {
      expect(failed(response)).toEqual([])
    },
  )

  it('names the messages that have failed', () => {
    expect(failed({ batchItemFailures: [{ itemIdentifier: 'b' }] })).toEqual(['b'])
  })

  it.each([
    ['done'],
    [{ batchItemFailures: 'b' }],
    [{ batchItemFailures: [{ itemIdentifier: '' }] }],
    [{ batchItemFailures: [{ itemIdentifier: null }] }],
    [{ batchItemFailures: [{ messageId: 'b' }] }],
    [{ batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'of another batch' }] }],
    [{ batchItemFailures: [null] }],
  ])('%j: the whole batch has failed', (response) => {
    expect(failed(response)).toEqual(['a', 'b'])
  })
})
