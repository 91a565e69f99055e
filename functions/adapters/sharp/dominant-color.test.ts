import { expect, it } from 'vitest'
import { dominantColor } from './dominant-color.ts'

const pixels = (...colours: readonly (readonly [red: number, green: number, blue: number, alpha: number])[]) =>
  Uint8Array.from(colours.flat())

it('is the mean of the commonest kind of colour', () => {
  expect(dominantColor(pixels([200, 10, 10, 255], [0x20, 0x40, 0x80, 255], [0x22, 0x44, 0x86, 255]))).toBe('#214283')
})

it('counts by opacity', () => {
  expect(dominantColor(pixels([0, 0, 0, 10], [0, 0, 0, 10], [250, 250, 10, 255]))).toBe('#fafa0a')
})

it('is white where nothing is to be seen', () => {
  expect(dominantColor(pixels([0, 0, 0, 0], [90, 20, 30, 0]))).toBe('#ffffff')
})
