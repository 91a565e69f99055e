import type { FocalPoint } from '@glowworm/events/image'
import type { Sharp } from 'sharp'
import { thumbHashToRGBA } from 'thumbhash'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ImageError } from '../../core/errors.ts'
import { sharp } from './load-sharp.ts'
import { sharpRenderer } from './sharp-renderer.ts'
import { cornerColors, markedPicture, storedWithOrientation } from './testing/pictures.ts'
import { meanDifference, pixelsOf } from './testing/pixels.ts'
import { planOf, render } from './testing/rendering.ts'

const jpeg = (picture: Sharp) => picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()
const png = (picture: Sharp) => picture.png().toBuffer()

/** The same colour, but for what the encoder lost. */
const expectColor = (received: readonly number[], expected: readonly number[], tolerance = 12) =>
  expected.forEach((channel, index) => {
    expect(Math.abs((received[index] ?? Number.NaN) - channel), `${received} for ${expected}`).toBeLessThanOrEqual(
      tolerance,
    )
  })

async function rejection(rendering: Promise<unknown>): Promise<unknown> {
  try {
    await rendering
  } catch (error) {
    return error
  }
  throw new Error('Expected a rejection')
}

const errorCode = async (rendering: Promise<unknown>) => {
  const error = await rejection(rendering)
  expect(error).toBeInstanceOf(ImageError)
  return (error as ImageError).code
}

describe('sizes', () => {
  it('fits thumbnails inside their bounds and gives variants exactly theirs', async () => {
    const { files } = await render(await jpeg(markedPicture(1200, 800)), {
      displaySizes: ['400x700', '1600x900', '16x8192'],
      formats: ['jpeg', 'webp', 'avif'],
    })
    const sizes = Object.fromEntries([...files].map(([name, { width, height }]) => [name, `${width}x${height}`]))
    const expected = { 150: '150x100', 300: '300x200', 600: '600x400', '400x700': '400x700', '1600x900': '1600x900' }
    for (const [base, size] of Object.entries({ ...expected, '16x8192': '16x8192' })) {
      expect([sizes[`${base}.jpg`], sizes[`${base}.webp`], sizes[`${base}.avif`]], base).toEqual([size, size, size])
    }
    for (const { spec, bytes, width, height } of files.values()) {
      const metadata = await sharp(bytes).metadata()
      expect(metadata, spec.name).toMatchObject({
        width,
        height,
        format: spec.format === 'avif' ? 'heif' : spec.format,
      })
    }
  })

  it('never enlarges a thumbnail, and enlarges a variant where it must', async () => {
    const { file } = await render(await png(markedPicture(200, 120)), { displaySizes: ['1000x1000'] })
    expect(file('600.jpg')).toMatchObject({ width: 200, height: 120 })
    expect(file('300.jpg')).toMatchObject({ width: 200, height: 120 })
    expect(file('150.jpg')).toMatchObject({ width: 150, height: 90 })
    expect(file('1000x1000.jpg')).toMatchObject({ width: 1000, height: 1000 })
  })

  it.each([
    [1, 1, '1x1'],
    [1, 5000, '1x600'],
    [20_000, 400, '600x12'],
    [20_000, 1, '600x1'],
    [3, 20_000, '1x600'],
  ])('renders %d x %d', async (width, height, thumbnail) => {
    const original = await png(sharp({ create: { width, height, channels: 3, background: '#3a7d44' } }))
    const { file } = await render(original, { displaySizes: ['1080x1920', '8192x16', '16x8192'] })
    expect(`${file('600.jpg').width}x${file('600.jpg').height}`).toBe(thumbnail)
    for (const size of ['1080x1920', '8192x16', '16x8192']) {
      const pixels = await pixelsOf(file(`${size}.jpg`).bytes)
      expect(`${pixels.width}x${pixels.height}`).toBe(size)
      expectColor(pixels.at(0.5, 0.5), [0x3a, 0x7d, 0x44], 3)
    }
  })
})

describe('orientation and crop', () => {
  const focalPoints: readonly (FocalPoint | null)[] = [null, { x: 0, y: 0 }, { x: 0.3, y: 0.8 }, { x: 1, y: 1 }]
  const cases = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((orientation) =>
    focalPoints.map((focalPoint) => ({ orientation, focalPoint })),
  )
  // One raw picture for all, and what it should look like cut by hand.
  const upright = markedPicture(960, 640)
  const uprightPixels = upright.clone().png().toBuffer()

  it.each(cases)('renders orientation $orientation upright around $focalPoint', async ({ orientation, focalPoint }) => {
    const original = await storedWithOrientation(upright.clone(), orientation)
    expect((await sharp(original).metadata()).orientation ?? 1).toBe(orientation)
    const { file, facts } = await render(original, { displaySizes: ['300x500', '500x200', '1000x900'], focalPoint })

    expect(facts).toMatchObject({ width: 960, height: 640, orientation })
    const thumbnail = await pixelsOf(file('300.jpg').bytes)
    expectColor(thumbnail.at(0.04, 0.04), cornerColors.topLeft)
    expectColor(thumbnail.at(0.96, 0.04), cornerColors.topRight)
    expectColor(thumbnail.at(0.04, 0.96), cornerColors.bottomLeft)
    expectColor(thumbnail.at(0.96, 0.96), cornerColors.bottomRight)

    const { x, y } = focalPoint ?? { x: 0.5, y: 0.5 }
    for (const [width, height] of [
      [300, 500],
      [500, 200],
      [1000, 900],
    ] as const) {
      const scale = Math.max(width / 960, height / 640)
      const field = { width: Math.round(960 * scale), height: Math.round(640 * scale) }
      const direct = await sharp(await uprightPixels)
        .resize(field.width, field.height)
        .extract({
          left: Math.max(0, Math.min(field.width - width, Math.round(x * field.width - width / 2))),
          top: Math.max(0, Math.min(field.height - height, Math.round(y * field.height - height / 2))),
          width,
          height,
        })
        .png()
        .toBuffer()
      const difference = meanDifference(await pixelsOf(direct), await pixelsOf(file(`${width}x${height}.jpg`).bytes))
      expect(difference, `${width}x${height}`).toBeLessThan(2)
    }
  })

  it('takes no focal point for the centre, as sharp does', async () => {
    const original = await png(markedPicture(501, 400))
    const { file } = await render(original, { displaySizes: ['250x400'], only: 'variants' })
    const direct = await png(sharp(original).resize(250, 400, { fit: 'cover' }))
    expect(meanDifference(await pixelsOf(direct), await pixelsOf(file('250x400.jpg').bytes))).toBeLessThan(1.5)
  })

  it('takes an orientation that EXIF does not know for none', async () => {
    const original = await storedWithOrientation(markedPicture(300, 200), 1)
    const tag = original.indexOf(Buffer.from([0x12, 0x01, 0x03, 0x00]))
    expect(tag).toBeGreaterThan(0)
    original[tag + 8] = 9
    const { facts, file } = await render(original, {})
    expect(facts).toMatchObject({ width: 300, height: 200, orientation: 1 })
    expectColor((await pixelsOf(file('300.jpg').bytes)).at(0.04, 0.04), cornerColors.topLeft)
  })
})

describe('the tricks', () => {
  it.each([
    ['a full decode', 'png', 1500, 1000, ['600x500', '900x900']],
    ['a reduction shared by thumbnails and the smallest variant', 'png', 1600, 1200, ['700x600', '1200x1000']],
    ['a level below, for tiny displays', 'png', 1600, 1200, ['100x80', '300x200', '800x800']],
    ['shrinking while decoding', 'jpeg', 2400, 1600, ['480x480', '700x300']],
    ['early thumbnails', 'jpeg', 1600, 1200, ['900x1000']],
    ['enlarging', 'jpeg', 800, 600, ['1200x1200']],
  ] as const)('look like the direct render: %s', async (_what, format, width, height, displaySizes) => {
    const original = await markedPicture(width, height).toFormat(format, { quality: 95 }).toBuffer()
    const { files } = await render(original, { displaySizes })
    for (const { spec, bytes } of files.values()) {
      const direct = await sharp(original)
        .resize(spec.width, spec.height, { fit: spec.fit, withoutEnlargement: spec.fit === 'inside' })
        .jpeg({ quality: 85 })
        .toBuffer()
      expect(meanDifference(await pixelsOf(bytes), await pixelsOf(direct)), spec.name).toBeLessThan(1.5)
    }
  })
})

describe('colour', () => {
  const red16 = (profile?: 'p3' | 'srgb') => {
    const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: '#ff0000' } }).toColourspace(
      'rgb16',
    )
    return png(profile === undefined ? picture : picture.withIccProfile(profile))
  }

  it.each([['srgb'], ['p3'], [undefined]] as const)(
    'takes 16 bits with profile %s to 8 bits of sRGB',
    async (profile) => {
      const original = await red16(profile)
      expect((await sharp(original).metadata()).depth).toBe('ushort')
      const { file } = await render(original, { displaySizes: ['100x100'] })
      // What it is once the profile is applied; 8 bits in the original say so.
      expectColor((await pixelsOf(file('100x100.jpg').bytes)).at(0.5, 0.5), [254, 0, 0], 3)
    },
  )

  it('applies a profile of other primaries', async () => {
    const original = await png(
      sharp({ create: { width: 64, height: 64, channels: 3, background: '#c04020' } }).withIccProfile('p3'),
    )
    expectColor((await pixelsOf(original)).at(0.5, 0.5), [0xc0, 0x40, 0x20], 2)
    const { file } = await render(original, {})
    expectColor((await pixelsOf(file('150.jpg').bytes)).at(0.5, 0.5), [0xc0, 0x40, 0x20], 4)
  })

  it('turns CMYK and grey into RGB', async () => {
    const colour = { width: 80, height: 60, channels: 3, background: '#4080c0' } as const
    const cmyk = await jpeg(sharp({ create: colour }).toColourspace('cmyk'))
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk')
    expectColor((await pixelsOf((await render(cmyk, {})).file('150.jpg').bytes)).at(0.5, 0.5), [0x40, 0x80, 0xc0], 30)

    const grey = await jpeg(sharp({ create: colour }).toColourspace('b-w'))
    expect((await sharp(grey).metadata()).channels).toBe(1)
    const [red = 0, green = 0, blue = 0] = (await pixelsOf((await render(grey, {})).file('150.jpg').bytes)).at(0.5, 0.5)
    expect([green, blue]).toEqual([red, red])
  })

  it('flattens transparency on white for JPEG, and keeps it elsewhere', async () => {
    const original = await png(sharp({ create: { width: 200, height: 200, channels: 4, background: '#ff000080' } }))
    const { file } = await render(original, { displaySizes: ['300x200'], formats: ['jpeg', 'webp', 'avif'] })
    for (const base of ['150', '300x200']) {
      expectColor((await pixelsOf(file(`${base}.jpg`).bytes)).at(0.5, 0.5), [255, 127, 127], 3)
      expectColor((await pixelsOf(file(`${base}.webp`).bytes)).at(0.5, 0.5), [255, 0, 0, 128], 6)
      expectColor((await pixelsOf(file(`${base}.avif`).bytes)).at(0.5, 0.5), [255, 0, 0, 128], 6)
    }
    const alone = await render(original, { displaySizes: ['300x200'] })
    expectColor((await pixelsOf(alone.file('300x200.jpg').bytes)).at(0.5, 0.5), [255, 127, 127], 3)
  })

  it('has no dark fringe around what is transparent', async () => {
    // White, with a transparent black half.
    const pixels = new Uint8Array(400 * 400 * 4).map((_, index) => (Math.floor(index / 4) % 400 < 200 ? 255 : 0))
    const original = await png(sharp(pixels, { raw: { width: 400, height: 400, channels: 4 } }))
    const { file } = await render(original, { displaySizes: ['100x150'], formats: ['jpeg', 'webp'] })
    for (const name of ['150.jpg', '100x150.jpg']) {
      const { data } = await pixelsOf(file(name).bytes)
      expect(Math.min(...data), name).toBeGreaterThan(248)
    }
  })
})

describe('what is in a file', () => {
  it('is free of metadata', async () => {
    const original = await markedPicture(700, 500)
      .withIccProfile('p3')
      .withExif({
        IFD0: { Make: 'Glowworm', Artist: 'somebody' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
      })
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
      .jpeg()
      .toBuffer()
    expect(await sharp(original).metadata()).toMatchObject({ exif: expect.anything(), xmp: expect.anything() })
    const { files } = await render(original, { displaySizes: ['400x400'], formats: ['jpeg', 'webp', 'avif'] })
    expect(files.size).toBe(12)
    for (const { spec, bytes } of files.values()) {
      const { exif, icc, xmp, iptc, orientation, space } = await sharp(bytes).metadata()
      expect({ exif, icc, xmp, iptc, orientation, space }, spec.name).toEqual({ space: 'srgb' })
    }
  })

  it('is the first frame of an animation', async () => {
    const frame = (background: string) => png(sharp({ create: { width: 60, height: 40, channels: 3, background } }))
    const animation = sharp([await frame('#20c040'), await frame('#c02040')], { join: { animated: true } })
    for (const original of [await animation.clone().gif().toBuffer(), await animation.clone().webp().toBuffer()]) {
      expect((await sharp(original).metadata()).pages).toBe(2)
      const { file, facts } = await render(original, { displaySizes: ['120x80'] })
      expect(facts).toMatchObject({ width: 60, height: 40 })
      const pixels = await pixelsOf(file('120x80.jpg').bytes)
      expect([pixels.width, pixels.height]).toEqual([120, 80])
      expectColor(pixels.at(0.5, 0.5), [0x20, 0xc0, 0x40])
    }
  })

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('comes of a %s', async (format) => {
    const original = await markedPicture(400, 300).toFormat(format).toBuffer()
    const { file } = await render(original, { displaySizes: ['200x100'] })
    expectColor((await pixelsOf(file('300.jpg').bytes)).at(0.04, 0.04), cornerColors.topLeft, 20)
  })
})

describe('facts', () => {
  it('tell size, orientation, dominant colour and placeholder, once and first', async () => {
    const plain = sharp({ create: { width: 900, height: 600, channels: 3, background: '#2050a0' } })
    const { calls, facts } = await render(await storedWithOrientation(plain, 6), { displaySizes: ['300x300'] })
    expect(calls[0]).toBe('picture')
    expect(calls.filter((call) => call === 'picture')).toHaveLength(1)
    expect(facts).toMatchObject({ width: 900, height: 600, orientation: 6 })
    expect(facts?.dominantColor).toMatch(/^#(1f|20|21)(4f|50|51)(9f|a0|a1)$/)
    expect(Buffer.from(facts?.placeholder ?? '', 'base64').length).toBeGreaterThan(4)
  })

  it('are the same however the camera was held', async () => {
    const [upright, turned] = await Promise.all(
      [1, 8].map(async (held) => (await render(await storedWithOrientation(markedPicture(600, 400), held), {})).facts),
    )
    const { width, height } = { width: 600, height: 400 }
    expect(turned).toMatchObject({ width, height, orientation: 8 })
    const [a, b] = [upright, turned].map((facts) => Buffer.from(facts?.placeholder ?? '', 'base64'))
    const [expected, received] = [a, b].map((hash) => thumbHashToRGBA(hash ?? []).rgba)
    expect(received?.length).toBe(expected?.length)
    for (const [index, value] of (received ?? []).entries()) {
      expect(Math.abs(value - (expected?.[index] ?? Number.NaN))).toBeLessThan(12)
    }
  })
})

describe('plans', () => {
  const original = jpeg(markedPicture(1600, 1200))
  const displaySizes = ['200x200', '1000x800']

  it('may lack variants', async () => {
    const { calls } = await render(await original, {})
    expect([...calls].sort()).toEqual(['150.jpg', '300.jpg', '600.jpg', 'picture'])
  })

  it('may lack thumbnails, and then there are no facts', async () => {
    const { calls, facts } = await render(await original, { displaySizes, only: 'variants' })
    expect([...calls].sort()).toEqual(['1000x800.jpg', '200x200.jpg'])
    expect(facts).toBeNull()
  })

  it('may ask for any single file', async () => {
    const plan = planOf({ displaySizes, formats: ['jpeg', 'webp'] })
    const alone = ['150.webp', '600.jpg', '200x200.webp', '1000x800.jpg']
    for (const spec of plan.specs.filter(({ name }) => alone.includes(name))) {
      const { files } = await render(await original, { ...plan, specs: [spec] })
      expect([...files.keys()]).toEqual([spec.name])
    }
  })

  it('may be empty', async () => {
    expect((await render(await original, { focalPoint: null, specs: [] })).calls).toEqual([])
  })

  it('may have twenty sizes', async () => {
    const many = Array.from({ length: 20 }, (_, index) => `${40 + 60 * index}x${1200 - 55 * index}`)
    const { files } = await render(await original, { displaySizes: many, formats: ['jpeg', 'webp'] })
    expect(files.size).toBe(46)
    for (const { spec, width, height } of files.values()) {
      if (spec.fit === 'cover') expect({ width, height }).toEqual({ width: spec.width, height: spec.height })
    }
  })

  it.each([1, 2, 4])('hand over every thumbnail before any variant, with %d at once', async (concurrency) => {
    const formats = ['jpeg', 'webp'] as const
    for (const picture of [await original, await png(markedPicture(1000, 700))]) {
      const { calls } = await render(picture, { displaySizes, formats }, { concurrency })
      expect(calls.slice(0, 7).filter((call) => call.includes('x'))).toEqual([])
      expect(calls).toHaveLength(11)
    }
  })
})

describe('failures', () => {
  const unhandled: unknown[] = []
  const remember = (reason: unknown) => unhandled.push(reason)
  beforeEach(() => {
    unhandled.length = 0
    process.on('unhandledRejection', remember)
  })
  afterEach(async () => {
    // Node reports them after the microtasks of the current turn.
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', remember)
    expect(unhandled).toEqual([])
  })

  const everything = planOf({ displaySizes: ['300x300', '1080x1920'], formats: ['jpeg', 'webp'] })
  const nobody = { picture() {}, async file() {} }

  it.each([
    ['text', Buffer.from('just some text that goes on for a while')],
    ['nothing', Buffer.alloc(0)],
    [
      'SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'),
    ],
    ['PDF', Buffer.from('%PDF-1.4\n1 0 obj\n<<>>\nendobj\n')],
  ])('refuse %s as unsupported', async (_what, original) => {
    expect(await errorCode(render(original, everything))).toBe('unsupported_format')
  })

  it('block the loaders of what is not accepted, whoever asks', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    await expect(sharp(svg).metadata()).rejects.toThrow()
  })

  it('refuse pictures that are too large, before decoding', async () => {
    const huge = (width: number, height: number) =>
      png(sharp({ create: { width, height, channels: 3, background: '#fff' } }))
    expect(await errorCode(render(await huge(20_001, 10), everything))).toBe('image_too_large')
    const claims = await huge(20, 10)
    // The header of a PNG says how large it is. Its checksum does not hold any more, which is found later.
    claims.writeUInt32BE(15_000, 16)
    claims.writeUInt32BE(15_000, 20)
    expect(await errorCode(render(claims, everything))).toMatch(/image_too_large|corrupt_image/)
  })

  it.each(['jpeg', 'png', 'webp', 'tiff', 'avif'] as const)('call half a %s corrupt', async (format) => {
    const whole = await markedPicture(400, 300).toFormat(format, { quality: 90 }).toBuffer()
    expect(await errorCode(render(whole.subarray(0, whole.length / 2), everything))).toBe('corrupt_image')
  })

  it('hand nothing over of a corrupt picture, and keep the cause', async () => {
    const whole = await jpeg(markedPicture(1800, 1400))
    const calls: string[] = []
    const error = await rejection(
      sharpRenderer().render(whole.subarray(0, whole.length - 2000), everything, {
        picture: () => calls.push('picture'),
        file: async ({ spec }) => void calls.push(spec.name),
      }),
    )
    expect(error).toMatchObject({ code: 'corrupt_image', cause: expect.any(Error) })
    expect(calls).toEqual([])
  })

  it.each(['thumbnails', 'variants'] as const)('of the sink end the rendering as they are: %s', async (stage) => {
    const refusal = new Error('The bucket is full')
    const taken: string[] = []
    const error = await rejection(
      sharpRenderer().render(await jpeg(markedPicture(1600, 1200)), everything, {
        ...nobody,
        async file({ spec }) {
          if (spec.stage === stage) throw refusal
          taken.push(spec.name)
        },
      }),
    )
    expect(error).toBe(refusal)
    expect(taken.filter((name) => name.includes('x'))).toEqual([])
  })

  it('are told only when nothing is under way any more', async () => {
    let underWay = 0
    const error = await rejection(
      sharpRenderer().render(await jpeg(markedPicture(1600, 1200)), everything, {
        ...nobody,
        async file({ spec }) {
          underWay++
          await new Promise((resolve) => setImmediate(resolve))
          if (spec.name === '150.jpg') {
            underWay--
            throw new Error('first')
          }
          for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
          underWay--
        },
      }),
    )
    expect(error).toMatchObject({ message: 'first' })
    expect(underWay).toBe(0)
    expect(sharp.counters()).toEqual({ queue: 0, process: 0 })
  })

  it('of the announcement end the rendering too', async () => {
    const refusal = new Error('no')
    const picture = () => {
      throw refusal
    }
    expect(
      await rejection(sharpRenderer().render(await jpeg(markedPicture(900, 700)), everything, { ...nobody, picture })),
    ).toBe(refusal)
  })
})
