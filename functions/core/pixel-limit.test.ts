import { expect, it } from 'vitest'
import { checkPixels } from './pixel-limit.ts'

it.each([
  ['jpeg', 10_000, 10_000],
  ['png', 20_000, 5_000],
  ['avif', 10_000, 5_000],
  ['avif', 20_000, 2_500],
] as const)('takes %s of %i x %i pixels', (format, width, height) => {
  expect(() => checkPixels(format, { width, height })).not.toThrow()
})

it.each([
  ['jpeg', 10_001, 10_000, /100 million in all can be processed\. Make it smaller, and upload that/],
  ['png', 20_001, 1, /at most 20000 a side/],
  ['webp', 65_536, 65_536, /65536 x 65536/],
  [
    'avif',
    10_001,
    5_000,
    /50 million in all can be processed of an AVIF picture\. Make it smaller, or save it as JPEG/,
  ],
  ['avif', 17_000, 17_000, /Make it smaller, and upload that/],
] as const)('refuses %s of %i x %i pixels, and says what can be done', (format, width, height, words) => {
  const check = () => checkPixels(format, { width, height })
  expect(check).toThrow(expect.objectContaining({ name: 'ImageError', code: 'image_too_large' }) as Error)
  expect(check).toThrow(words)
})
