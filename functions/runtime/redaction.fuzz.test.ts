import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redact } from './redaction.ts'

/** A secret that stands nowhere by chance. */
const secret = fc.uuid().map((id) => `s3cret-${id}`)
const base64url = (min: number) => fc.stringMatching(new RegExp(`^[\\w-]{${min},60}$`))
const token = fc
  .tuple(base64url(8), base64url(1), base64url(0))
  .map(([head, payload, signature]) => `eyJ${head}.${payload}.${signature}`)
const words = fc.string({ maxLength: 40 }).filter((text) => !text.includes('eyJ'))

/** Something to be logged, with `inner` somewhere in it. */
function around(inner: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      inner,
      fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
      fc.tuple(fc.array(fc.jsonValue(), { maxLength: 2 }), tie('node')),
      fc.record({ about: tie('node'), more: fc.jsonValue() }),
    ),
  }))
  return node
}

const secretNames = fc
  .constantFrom(
    'authorization',
    'cookie',
    'set-cookie',
    'password',
    'ticket',
    'access_token',
    'gps',
    'latitude',
    'GPSLatitude',
  )
  .chain((name) => fc.constantFrom(name, name.toUpperCase(), name.replace('_', '')))

test('what stands under the name of a secret is in no line, at any depth, whatever it is', () => {
  const holder = fc
    .tuple(secretNames, secret)
    .chain(([name, hidden]) =>
      fc.tuple(
        fc.constant(hidden),
        around(fc.constantFrom({ [name]: hidden }, { [name]: { deep: [hidden] } }, { [name]: [{ [hidden]: 1 }] })),
      ),
    )
  fc.assert(
    fc.property(holder, ([hidden, about]) => {
      expect(JSON.stringify(about, redact)).not.toContain(hidden)
    }),
  )
})

test('tokens, signatures and tickets are in no line, wherever they stand in its words', () => {
  const hidden = fc.oneof(
    token.map((text) => [text, text] as const),
    secret.map((text) => [`https://b.test/k?x=1&X-Amz-Signature=${text}&y=2`, text] as const),
    secret.map((text) => [`wss://b.test/live?ticket=${text}`, text] as const),
    secret.map((text) => [`Bearer ${text}`, text] as const),
    secret.map((text) => [`GET /?x-amz-security-token=${text} failed`, text] as const),
  )
  fc.assert(
    fc.property(hidden, words, words, ([text, part], before, after) => {
      const line = JSON.stringify({ message: `${before} ${text} ${after}`, list: [text] }, redact)
      expect(line).not.toContain(part)
    }),
  )
})

test('everything else is written as it is', () => {
  const harmless = fc.dictionary(fc.constantFrom('status', 'image_id', 'has_gps', 'route', 'tickets'), words)
  fc.assert(
    fc.property(harmless, (about) => {
      fc.pre(!/bearer|ticket=|x-amz/i.test(JSON.stringify(about)))
      expect(JSON.parse(JSON.stringify(about, redact))).toEqual({ ...about })
    }),
  )
})
