import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { imageEvent } from '@glowworm/events/image-events'
import { serverMessage } from '@glowworm/events/socket-messages'
import fc from 'fast-check'
import { expect, it } from 'vitest'

const fixtures = join(import.meta.dirname, '../events/fixtures')
const published: { readonly id: string }[] = JSON.parse(await readFile(join(fixtures, 'image-events.v1.json'), 'utf8'))
const events = published.map((event) => ({ ...event, position: event.id }))

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Every place in a message, as a path of names. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([name, inner]) => places(inner, [...path, name]))]
}

/** A copy with one place removed, or with something else there. */
function changed(message: object, path: readonly string[], replacement: Json | undefined): unknown {
  if (path.length === 0) return replacement
  const copy = structuredClone(message) as Record<string, never>
  const holder = path.slice(0, -1).reduce((inner, name) => inner[name] as never, copy)
  const last = path.at(-1) ?? ''
  if (replacement === undefined) delete holder[last]
  else holder[last] = replacement as never
  return copy
}

const mutants = fc
  .constantFrom(...events)
  .chain((event) =>
    fc
      .tuple(
        fc.constantFrom(...places(event)),
        fc.oneof(
          fc.jsonValue() as fc.Arbitrary<Json>,
          fc.constantFrom<Json | undefined>(undefined, null, -1, 0.5, 1e300, '', [], {}, 'javascript:alert(1)'),
        ),
      )
      .map(([path, replacement]) => changed(event, path, replacement)),
  )

it('is understood as the contract has it or not at all, whatever became of it on the way', () => {
  fc.assert(
    fc.property(mutants, (frame) => {
      const parsed = serverMessage.safeParse(frame)
      // What was understood once means the same again, so nothing undeclared came through.
      if (parsed.success) expect(serverMessage.parse(structuredClone(parsed.data))).toEqual(parsed.data)
      const event = imageEvent.safeParse(frame)
      if (event.success) expect(Number.isInteger(event.data.revision) && event.data.revision > 0).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

it('brings no position and no other field along that is not declared', () => {
  const stowaway = fc.record({
    event: fc.constantFrom(...events),
    name: fc.constantFrom('gps', 'latitude', '__proto__x', 'html', 'lease'),
  })
  fc.assert(
    fc.property(stowaway, fc.nat(), ({ event, name }, at) => {
      const objects = places(event).filter((path) => {
        const here = path.reduce<unknown>((inner, step) => (inner as Record<string, unknown>)[step], event)
        // The renditions of an image are named by whoever chose the display sizes; every other name is declared.
        return typeof here === 'object' && here !== null && !Array.isArray(here) && path.at(-1) !== 'renditions'
      })
      const path = objects[at % objects.length] ?? []
      const parsed = serverMessage.safeParse(changed(event, [...path, name], 'stowaway'))
      if (parsed.success) expect(JSON.stringify(parsed.data)).not.toContain('stowaway')
    }),
    { numRuns: 500 },
  )
})

it('is refused when it is anything else', () => {
  fc.assert(
    fc.property(fc.anything(), (frame) => {
      expect(serverMessage.safeParse(frame).success).toBe(false)
    }),
    { numRuns: 500 },
  )
})
