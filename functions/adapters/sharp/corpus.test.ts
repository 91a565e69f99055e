import { describe, expect, it } from 'vitest'
import { corpusFolder, corpusMissing, readCorpus, readPhoto } from '../../../tests/support/photo-corpus.ts'
import { ImageError } from '../../core/errors.ts'
import { sharp } from './load-sharp.ts'
import { meanDifference, pixelsOf, similarity } from './testing/pixels.ts'
import { planOf, render } from './testing/rendering.ts'

if (corpusMissing !== null) console.log(`Rendering real photos is not tested: ${corpusMissing}`)
const corpus = corpusMissing === null ? await readCorpus() : []
const photosIn = (...folders: string[]) => corpus.filter(({ path }) => folders.includes(path.split('/')[0] ?? ''))
const photo = (path: string) => {
  const found = corpus.find((each) => each.path === path)
  if (found === undefined) throw new Error(`Expected ${path} in ${corpusFolder}`)
  return readPhoto(found)
}

const codeOf = (error: unknown) => (error instanceof ImageError ? error.code : error)

describe.skipIf(corpusMissing !== null)('real photos', () => {
  it.each(corpus.filter(({ expected }) => expected === 'accept'))('renders $path', async (listed) => {
    const { files, facts } = await render(await readPhoto(listed), { displaySizes: ['480x800'] })
    expect(facts).toMatchObject({
      width: listed.uprightWidth,
      height: listed.uprightHeight,
      orientation: listed.orientation ?? 1,
      dominantColor: expect.stringMatching(/^#[0-9a-f]{6}$/),
      placeholder: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
    })
    expect(files.size).toBe(4)
    for (const { spec, bytes } of files.values()) {
      const { exif, icc, xmp, iptc, orientation, space, width, height } = await sharp(bytes).metadata()
      expect({ exif, icc, xmp, iptc, orientation, space }, spec.name).toEqual({ space: 'srgb' })
      if (spec.fit === 'cover') expect({ width, height }).toEqual({ width: 480, height: 800 })
    }
  })

  it.each(corpus.filter(({ expected }) => expected === 'fail'))('calls $path corrupt', async (listed) => {
    const rendering = render(await readPhoto(listed), { displaySizes: ['480x800'] })
    expect(await rendering.then(() => 'rendered', codeOf)).toBe('corrupt_image')
  })

  it.each(corpus.filter(({ expected }) => expected === 'refuse'))(
    'refuses $path',
    async ({ code, alsoAllowed, ...listed }) => {
      const rendering = render(await readPhoto(listed), { displaySizes: ['480x800'] })
      expect([code, ...(alsoAllowed ?? []).map((other) => other.code)]).toContain(
        await rendering.then(() => 'rendered', codeOf),
      )
    },
  )
})

describe.skipIf(corpusMissing !== null)('orientations of a real camera', () => {
  it.each(['landscape', 'portrait'])('all give the same picture: %s', async (kind) => {
    const fileOf = async (orientation: number) => {
      const original = await photo(`orientation/${kind}-exif-orientation-${orientation}.jpg`)
      const { file } = await render(original, { displaySizes: ['400x300'] })
      return Promise.all(['150.jpg', '400x300.jpg'].map((name) => pixelsOf(file(name).bytes)))
    }
    const upright = await fileOf(1)
    for (const orientation of [2, 3, 4, 5, 6, 7, 8]) {
      for (const [index, pixels] of (await fileOf(orientation)).entries()) {
        // The number of the orientation is drawn into each. A wrong turn gives 37 or more.
        expect(meanDifference(pixels, upright[index] ?? pixels), String(orientation)).toBeLessThan(5)
      }
    }
  })
})

describe.skipIf(corpusMissing !== null)('colours of real files', () => {
  it.each([
    ['formats/jpeg-icc-rgb-to-gbr-colour-check.jpg', 1000, 1000, 500, 40, [255, 1, 0]],
    ['formats/jpeg-icc-rgb-to-gbr-colour-check.jpg', 1000, 1000, 900, 850, [0, 10, 255]],
    ['formats/jpeg-icc-rgb-to-gbr-colour-check.jpg', 1000, 1000, 50, 300, [246, 255, 0]],
    ['camera/display-p3-icc-12mp-no-exif.jpg', 4032, 3024, 3024, 2419, [165, 123, 0]],
    ['formats/jpeg-cmyk-swop-icc.jpg', 400, 200, 200, 100, [172, 174, 164]],
  ])('are those of its profile: %s', async (path, width, height, x, y, expected) => {
    // At full size, as the corpus states them: a side of 8192 is the most that a display has.
    const { file } = await render(await photo(path), { displaySizes: [`${width}x${height}`], only: 'variants' })
    const received = (await pixelsOf(file(`${width}x${height}.jpg`).bytes)).at(x / width, y / height)
    for (const [channel, value] of expected.entries()) {
      expect(Math.abs((received[channel] ?? Number.NaN) - value), `${received} for ${expected}`).toBeLessThanOrEqual(8)
    }
  })

  it('stay neutral where there are none', async () => {
    const { file } = await render(await photo('formats/jpeg-greyscale.jpg'), {})
    const { data } = await pixelsOf(file('300.jpg').bytes)
    for (let at = 0; at < data.length; at += 3) {
      expect(Math.abs((data[at] ?? 0) - (data[at + 1] ?? 0))).toBeLessThanOrEqual(1)
    }
  })
})

describe.skipIf(corpusMissing !== null)('the tricks on real photos', () => {
  const examples = photosIn('camera').filter(({ path }) => /apple|canon|display-p3|leica|progressive/.test(path))

  it.each(examples)('look like the direct render: $path', async (listed) => {
    const original = await readPhoto(listed)
    const { files } = await render(original, planOf({ displaySizes: ['1080x1920', '1038x1278'] }))
    for (const { spec, bytes } of files.values()) {
      const direct = await sharp(original)
        .autoOrient()
        .resize(spec.width, spec.height, { fit: spec.fit })
        .jpeg({ quality: 85 })
        .toBuffer()
      expect(await similarity(direct, bytes), spec.name).toBeGreaterThan(spec.fit === 'cover' ? 0.98 : 0.95)
    }
  })
})
