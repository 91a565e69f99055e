import { exif as exifSchema } from '@glowworm/events/image'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseExif } from './exif-policy.ts'

const rawExif = (changes: { ifd0?: object; exif?: object; gps?: object } = {}) => ({
  ifd0: { Make: 'Acme', Model: 'Box 1', ...changes.ifd0 },
  exif: {
    DateTimeOriginal: '2021:04:10 11:44:00',
    ExposureTime: 0.004,
    FNumber: 2.2,
    ISO: 25,
    FocalLength: 4.15,
    LensModel: 'Lens 4.15mm',
    ...changes.exif,
  },
  gps: changes.gps,
})

const london = {
  GPSLatitudeRef: 'N',
  GPSLatitude: [51, 30, 36],
  GPSLongitudeRef: 'W',
  GPSLongitude: [0, 7, 12],
}

describe('EXIF', () => {
  it('is made fit for the record', () => {
    expect(normaliseExif(rawExif())).toEqual({
      captured_at: '2021-04-10T11:44:00',
      camera_make: 'Acme',
      camera_model: 'Box 1',
      lens: 'Lens 4.15mm',
      iso: 25,
      f_number: 2.2,
      exposure: 0.004,
      focal_length: 4.15,
      has_gps: false,
    })
  })

  it.each([[null], [undefined], ['text'], [{}], [{ ifd0: null, exif: 7 }], [{ ifd0: { Make: ' \0' }, gps: {} }]])(
    'that says nothing (%j) is null',
    (raw) => {
      expect(normaliseExif(raw)).toBeNull()
    },
  )

  it('of any shape is never an error, and always fits the contract', () => {
    const value = fc.oneof(
      fc.anything(),
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.array(fc.double()),
      fc.uint8Array(),
      fc.constantFrom('2021:04:10 11:44:00', '+01:00', 'S', [91, 0, 0], [Number.NaN, 0, 0], 1n),
    )
    const group = (...names: readonly string[]) =>
      fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] })
    const raw = fc.record({
      ifd0: group('Make', 'Model'),
      exif: group(
        'DateTimeOriginal',
        'OffsetTimeOriginal',
        'ExposureTime',
        'FNumber',
        'ISO',
        'FocalLength',
        'LensModel',
      ),
      gps: group('GPSLatitude', 'GPSLatitudeRef', 'GPSLongitude', 'GPSLongitudeRef', 'GPSAltitude', 'GPSAltitudeRef'),
    })
    fc.assert(
      fc.property(fc.oneof(raw, fc.anything()), (input) => {
        const normalised = normaliseExif(input)
        if (normalised === null) return
        const { gps, ...visible } = normalised
        exifSchema.parse(visible)
        expect(visible.has_gps).toBe(gps !== undefined)
        if (gps === undefined) return
        expect(Math.abs(gps.latitude)).toBeLessThanOrEqual(90)
        expect(Math.abs(gps.longitude)).toBeLessThanOrEqual(180)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the time of capture', () => {
  it.each([
    ['2021:04:10 11:44:00', undefined, '2021-04-10T11:44:00'],
    ['2021:04:10 11:44:00', '+01:00', '2021-04-10T11:44:00+01:00'],
    ['2021:04:10 11:44:00', '-03:30', '2021-04-10T11:44:00-03:30'],
    ['2021:04:10 11:44:00', 'Z', '2021-04-10T11:44:00Z'],
    ['2021:04:10 11:44:00', '+25:00', '2021-04-10T11:44:00'],
    ['2021:04:10 11:44:00', '   :  ', '2021-04-10T11:44:00'],
    ['2021-04-10T11:44:00', undefined, '2021-04-10T11:44:00'],
    ['2024:02:29 23:59:59\0', undefined, '2024-02-29T23:59:59'],
    ['2023:02:29 10:00:00', undefined, null],
    ['1900:02:29 10:00:00', undefined, null],
    ['2023:13:01 10:00:00', undefined, null],
    ['2023:01:01 24:00:00', undefined, null],
    ['0000:00:00 00:00:00', undefined, null],
    ['    :  :     :  :  ', undefined, null],
    [new Date(0), undefined, null],
  ])('%s with offset %s is %s', (DateTimeOriginal, OffsetTimeOriginal, expected) => {
    const raw = rawExif({ exif: { DateTimeOriginal, OffsetTimeOriginal } })
    expect(normaliseExif(raw)?.captured_at).toBe(expected)
  })

  it('is that of digitisation, with its own offset, where there is no other', () => {
    const raw = rawExif({
      exif: {
        DateTimeOriginal: '0000:00:00 00:00:00',
        OffsetTimeOriginal: '+05:00',
        CreateDate: '2020:01:02 03:04:05',
        OffsetTimeDigitized: '+02:00',
      },
    })
    expect(normaliseExif(raw)?.captured_at).toBe('2020-01-02T03:04:05+02:00')
  })
})

describe('a text', () => {
  it.each([
    ['  SONY   ', 'SONY'],
    ['Acme\0\0\0', 'Acme'],
    ['two\r\nlines', 'two lines'],
    ['\0', null],
    ['   ', null],
    [42, null],
    ['x'.repeat(1000), 'x'.repeat(128)],
    ['😀'.repeat(1000), '😀'.repeat(128)],
    ['half \ud83d', 'half \ufffd'],
  ])('%j is kept as %j', (Make, expected) => {
    expect(normaliseExif(rawExif({ ifd0: { Make } }))?.camera_make).toBe(expected)
  })
})

describe('a number', () => {
  it.each([
    [100, 100],
    [[200, 400], 200],
    [Uint16Array.of(800, 0), 800],
    [0, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    [-5, null],
    ['100', null],
    [[], null],
  ])('%j as ISO is kept as %j', (ISO, expected) => {
    expect(normaliseExif(rawExif({ exif: { ISO } }))?.iso).toBe(expected)
  })
})

describe('a position', () => {
  it('is kept, in degrees, north and east positive', () => {
    const { has_gps, gps } = normaliseExif(rawExif({ gps: london })) ?? {}
    expect(has_gps).toBe(true)
    expect(gps).toEqual({ latitude: 51.51, longitude: -0.12, altitude: null })
  })

  it.each([
    [12, [0], 12],
    [12, Uint8Array.of(1), -12],
    [12, [3], -12],
    [12, undefined, 12],
    [0, [1], 0],
    [Number.NaN, [0], null],
  ])('at altitude %j with reference %j is at %j', (GPSAltitude, GPSAltitudeRef, altitude) => {
    const raw = rawExif({ gps: { ...london, GPSAltitude, GPSAltitudeRef } })
    expect(normaliseExif(raw)?.gps?.altitude).toBe(altitude)
  })

  it('of degrees without minutes is one', () => {
    const raw = rawExif({ gps: { ...london, GPSLatitude: [51, Number.NaN, Number.NaN] } })
    expect(normaliseExif(raw)?.gps?.latitude).toBe(51)
  })

  it.each([
    ['an empty block', {}],
    ['a block of a camera without a fix', { GPSLatitude: [Number.NaN, Number.NaN, Number.NaN], GPSLongitude: [] }],
    ['exactly 0, 0', { ...london, GPSLatitude: [0, 0, 0], GPSLongitude: [0, 0, 0] }],
    ['a latitude alone', { ...london, GPSLongitude: undefined }],
    ['a latitude beyond the pole', { ...london, GPSLatitude: [91, 0, 0] }],
    ['a longitude beyond the date line', { ...london, GPSLongitude: [180, 0, 1] }],
    ['text', { ...london, GPSLatitude: '51' }],
  ])('is not made of %s', (_, gps) => {
    const normalised = normaliseExif(rawExif({ gps }))
    expect(normalised?.has_gps).toBe(false)
    expect(normalised).not.toHaveProperty('gps')
  })
})
