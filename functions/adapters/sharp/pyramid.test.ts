import { describe, expect, it } from 'vitest'
import { Pyramid } from './pyramid.ts'

const raster = (width: number, height: number) =>
  Promise.resolve({ pixels: new Uint8Array(width * height * 3), width, height, channels: 3 as const })

describe('a pyramid', () => {
  const size = { width: 400, height: 300 }

  it('gives the smallest level that need not be enlarged', async () => {
    const pyramid = new Pyramid(raster(400, 300), [size])
    expect(await pyramid.levelFor({ width: 1000, height: 750 })).toMatchObject(size)
    expect(await pyramid.levelFor({ width: 110, height: 80 })).toMatchObject(size)
    expect(await pyramid.levelFor({ width: 103, height: 77 })).toMatchObject({ width: 103, height: 77 })
    expect(await pyramid.levelFor({ width: 5, height: 4 })).toMatchObject({ width: 7, height: 5 })
    expect(await pyramid.levelFor({ width: 1, height: 1 })).toMatchObject({ width: 2, height: 1 })
  })

  it('has the levels that are asked for', async () => {
    const pyramid = new Pyramid(raster(400, 300), [size, { width: 200, height: 150 }])
    expect(await pyramid.levelFor({ width: 201, height: 151 })).toMatchObject(size)
    expect(await pyramid.levelFor({ width: 200, height: 150 })).toMatchObject({ width: 200, height: 150 })
    expect(await pyramid.levelFor({ width: 60, height: 45 })).toMatchObject({ width: 200, height: 150 })
  })

  it('makes each level once', async () => {
    const pyramid = new Pyramid(raster(400, 300), [size])
    const [first, second] = await Promise.all([1, 2].map(() => pyramid.levelFor({ width: 50, height: 30 })))
    expect(first).toBe(second)
  })

  it('fails where the base failed', async () => {
    const pyramid = new Pyramid(Promise.reject(new Error('torn')), [size])
    await expect(pyramid.levelFor({ width: 50, height: 30 })).rejects.toThrow('torn')
  })
})
