import { filename as filenameSchema } from '@glowworm/events/http-api'
import { imageErrorCode, limits } from '@glowworm/events/vocabulary'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ImageError } from './errors.ts'
import { checkDeclared, checkDirectUpload, checkFilename, contentDisposition, toRequestError } from './upload-policy.ts'

describe('the size of an upload', () => {
  it.each([1, limits.originalBytes])('of %i bytes is accepted', (size) => {
    expect(() => checkDeclared({ size })).not.toThrow()
  })

  it('above the limit is refused before any byte is sent', () => {
    expect(() => checkDeclared({ size: limits.originalBytes + 1 })).toThrow(
      expect.objectContaining({
        status: 413,
        code: 'payload_too_large',
        details: { size: limits.originalBytes + 1, limit: limits.originalBytes },
      }),
    )
  })

  it.each([checkDirectUpload, (size: number) => checkDeclared({ size })])('of nothing is refused', (check) => {
    expect(() => check(0)).toThrow(
      expect.objectContaining({ status: 415, code: 'unsupported_format', message: expect.stringContaining('empty') }),
    )
  })

  it('of a direct upload is accepted up to its own limit', () => {
    expect(() => checkDirectUpload(limits.directUploadBytes)).not.toThrow()
  })

  it('of a direct upload above its limit is refused with the call to make instead', () => {
    expect(() => checkDirectUpload(limits.directUploadBytes + 1)).toThrow(
      expect.objectContaining({
        status: 413,
        code: 'payload_too_large',
        message: expect.stringContaining('POST /api/uploads'),
        details: expect.objectContaining({ next: 'POST /api/uploads' }),
      }),
    )
  })
})

describe('a file name', () => {
  it.each([
    ['IMG_0001.JPG', 'IMG_0001.JPG'],
    ['写真 (1).jpg', '写真 (1).jpg'],
    ['Cafe\u0301.png', 'Caf\u00e9.png'],
    ['C:\\fakepath\\a.jpg', 'a.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['folder/', 'folder'],
    ['new\r\nline\0.jpg', 'newline.jpg'],
    ['\u202egpj.exe', 'gpj.exe'],
    ['👩‍🚀.jpg', '👩‍🚀.jpg'],
    ['half \ud83d.jpg', 'half \ufffd.jpg'],
    ['  spaced.jpg  ', 'spaced.jpg'],
    ['.hidden', '.hidden'],
    ['', 'unnamed'],
    ['..', 'unnamed'],
    ['/', 'unnamed'],
    ['\0\0', 'unnamed'],
  ])('sent as %j is shown as %j', (sent, shown) => {
    expect(checkFilename(sent)).toBe(shown)
  })

  it('that is too long loses the end of its stem, and keeps its extension', () => {
    const name = checkFilename(`${'x'.repeat(400)}.jpeg`)
    expect(name).toHaveLength(255)
    expect(name.endsWith('xx.jpeg')).toBe(true)
  })

  it('is not cut through the middle of a character', () => {
    const name = checkFilename(`${'😀'.repeat(200)}.jpg`)
    expect(name.isWellFormed()).toBe(true)
    expect(name).toBe(`${'😀'.repeat(125)}.jpg`)
  })

  it('fits the contract, whatever was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (sent) => {
        const name = filenameSchema.parse(checkFilename(sent))
        expect(name).not.toMatch(/[/\\\p{Cc}]/u)
        expect(checkFilename(name)).toBe(name)
      }),
    )
  })
})

describe('the header to download under a name', () => {
  it.each([
    ['photo.jpg', 'attachment; filename="photo.jpg"'],
    ['two words.jpg', 'attachment; filename="two words.jpg"'],
    ['café.jpg', 'attachment; filename="cafe.jpg"; filename*=UTF-8\'\'caf%C3%A9.jpg'],
    ['写真.jpg', 'attachment; filename="__.jpg"; filename*=UTF-8\'\'%E5%86%99%E7%9C%9F.jpg'],
    ['€ rates.jpg', 'attachment; filename="_ rates.jpg"; filename*=UTF-8\'\'%E2%82%AC%20rates.jpg'],
    ['a"b\\c%41.jpg', 'attachment; filename="a_b_c_41.jpg"; filename*=UTF-8\'\'a%22b%5Cc%2541.jpg'],
    ["ü'()*.jpg", "attachment; filename=\"u'()*.jpg\"; filename*=UTF-8''%C3%BC%27%28%29%2A.jpg"],
  ])('%s is %s', (name, header) => {
    expect(contentDisposition(name)).toBe(header)
  })

  it('holds nothing but visible ASCII, and brings back the name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (sent) => {
        const header = contentDisposition(sent)
        expect(header).toMatch(/^attachment; filename="[\x20-\x7e]*"(; filename\*=UTF-8''[\w!#$&+.^`|~%-]*)?$/)
        const [, plain = '', , extended] = /filename="([^"]*)"(; filename\*=UTF-8''(.*))?$/.exec(header) ?? []
        expect(extended === undefined ? plain : decodeURIComponent(extended)).toBe(sent.toWellFormed())
      }),
    )
  })
})

describe('a refused image, as a request answers it', () => {
  it.each([
    ['unsupported_format', 415, 'unsupported_format'],
    ['image_too_large', 413, 'image_too_large'],
    ['corrupt_image', 422, 'corrupt_image'],
    ['original_missing', 404, 'not_found'],
    ['storage_unavailable', 503, 'service_unavailable'],
    ['internal_error', 500, 'internal_error'],
  ] as const)('%s is %i %s', (imageCode, status, code) => {
    const cause = new ImageError(imageCode, 'In plain words.')
    expect(toRequestError(cause)).toMatchObject({ status, code, message: 'In plain words.', cause })
  })

  it('has an answer for every code', () => {
    for (const code of imageErrorCode.options) {
      expect(toRequestError(new ImageError(code, '')).status).toBeGreaterThanOrEqual(400)
    }
  })
})
