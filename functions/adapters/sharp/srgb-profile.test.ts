import { describe, expect, it } from 'vitest'
import { sharp } from './load-sharp.ts'
import { isSrgbProfile } from './srgb-profile.ts'

async function profile(name: 'srgb' | 'p3' | 'cmyk'): Promise<Buffer> {
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } }).withIccProfile(name)
  const { icc } = await sharp(await picture.jpeg().toBuffer()).metadata()
  if (icc === undefined) throw new Error(`Expected a profile ${name} in the picture`)
  return icc
}

/** A profile of primaries (as XYZ at D50) and one curve for all channels. */
function matrixProfile(primaries: readonly (readonly number[])[], curve: Buffer): Buffer {
  const xyz = (values: readonly number[]) => {
    const tag = Buffer.alloc(20)
    tag.write('XYZ ')
    for (const [axis, value] of values.entries()) tag.writeInt32BE(Math.round(value * 65_536), 8 + 4 * axis)
    return tag
  }
  const tags: [string, Buffer][] = [
    ...primaries.map((values, index): [string, Buffer] => [`${'rgb'[index]}XYZ`, xyz(values)]),
    ...['rTRC', 'gTRC', 'bTRC'].map((name): [string, Buffer] => [name, curve]),
  ]
  const header = Buffer.alloc(132 + 12 * tags.length)
  header.write('RGB ', 16)
  header.write('XYZ ', 20)
  header.writeUInt32BE(tags.length, 128)
  let at = header.length
  for (const [index, [name, content]] of tags.entries()) {
    header.write(name, 132 + 12 * index)
    header.writeUInt32BE(at, 136 + 12 * index)
    header.writeUInt32BE(content.length, 140 + 12 * index)
    at += content.length
  }
  return Buffer.concat([header, ...tags.map(([, content]) => content)])
}

function sampledCurve(samples: number, curve: (x: number) => number): Buffer {
  const tag = Buffer.alloc(12 + 2 * samples)
  tag.write('curv')
  tag.writeUInt32BE(samples, 8)
  for (let index = 0; index < samples; index++) {
    tag.writeUInt16BE(Math.round(curve(index / (samples - 1)) * 65_535), 12 + 2 * index)
  }
  return tag
}

const srgbPrimaries = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
]
const adobePrimaries = [
  [0.60974, 0.31111, 0.01947],
  [0.20528, 0.62567, 0.06087],
  [0.14919, 0.06322, 0.74457],
]
const srgbCurve = (x: number) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)

describe('an ICC profile', () => {
  it('is sRGB if it is written by libvips, with a parametric curve', async () => {
    expect(isSrgbProfile(await profile('srgb'))).toBe(true)
  })

  it('is sRGB by primaries and a sampled curve', () => {
    expect(isSrgbProfile(matrixProfile(srgbPrimaries, sampledCurve(1024, srgbCurve)))).toBe(true)
  })

  it.each([
    ['has other primaries', matrixProfile(adobePrimaries, sampledCurve(1024, srgbCurve))],
    ['has its primaries in another order', matrixProfile([...srgbPrimaries].reverse(), sampledCurve(1024, srgbCurve))],
    [
      'has another curve',
      matrixProfile(
        srgbPrimaries,
        sampledCurve(1024, (x) => x ** 1.8),
      ),
    ],
    [
      'nearly has the curve',
      matrixProfile(
        srgbPrimaries,
        sampledCurve(1024, (x) => x ** 2.2),
      ),
    ],
    [
      'is a plain gamma',
      matrixProfile(
        srgbPrimaries,
        sampledCurve(2, (x) => x)
          .fill(1, 11, 12)
          .subarray(0, 14),
      ),
    ],
    ['is empty', Buffer.alloc(0)],
    ['is cut short', matrixProfile(srgbPrimaries, sampledCurve(1024, srgbCurve)).subarray(0, 600)],
    ['says that it has four billion tags', Buffer.alloc(300, 0xff)],
  ])('is not sRGB if it %s', (_what, icc) => {
    expect(isSrgbProfile(icc)).toBe(false)
  })

  it('is not sRGB for another colour space or Display P3', async () => {
    expect(isSrgbProfile(await profile('p3'))).toBe(false)
    expect(isSrgbProfile(await profile('cmyk'))).toBe(false)
  })
})
