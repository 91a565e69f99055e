import { expect, it } from 'vitest'
import { synth } from './synth.ts'

it('fails with what the app says', async () => {
  await expect(synth({ stage: 'nowhere' })).rejects.toThrow('"stage" to be dev or prod, received nowhere')
})
