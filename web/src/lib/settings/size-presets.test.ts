import { displaySize } from '@glowworm/events/vocabulary'
import { describe, expect, it } from 'vitest'
import { inWords, nameOf, sidesOf, sizePresets } from './size-presets.ts'

describe('the presets', () => {
  it('are sizes that the settings take, each once and each under a name of its own', () => {
    for (const { size } of sizePresets) expect(displaySize.safeParse(size).success, size).toBe(true)
    expect(new Set(sizePresets.map(({ size }) => size)).size).toBe(sizePresets.length)
    expect(new Set(sizePresets.map(({ name }) => name)).size).toBe(sizePresets.length)
  })

  it('say which way up they are', () => {
    for (const { name, size } of sizePresets) {
      const { width, height } = sidesOf(size)
      if (name.includes('upright')) expect(height, name).toBeGreaterThan(width)
    }
  })
})

it.each([
  ['1080x1920', 'Full HD, upright', '1080 × 1920'],
  ['320x240', 'Landscape', '320 × 240'],
  ['240x320', 'Portrait', '240 × 320'],
  ['64x64', 'Square', '64 × 64'],
])('%s is called %s', (size, name, words) => {
  expect([nameOf(size), inWords(size)]).toEqual([name, words])
})
