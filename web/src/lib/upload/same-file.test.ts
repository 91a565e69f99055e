import { expect, it } from 'vitest'
import { pairUp } from './same-file.ts'

const file = (name: string, size = 10, modified = 1) => ({ name, size, modified })

it('pairs files that were chosen again by name, size and time of change, each once', () => {
  const wanted = [file('a.jpg'), file('b.jpg'), file('c.jpg')]
  const chosen = [file('b.jpg'), file('b.jpg'), file('a.jpg', 11), file('c.jpg', 10, 2), file('new.jpg')]
  expect(pairUp(wanted, chosen)).toEqual([wanted[1], null, null, null, null])
})
