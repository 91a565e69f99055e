import { expect, it } from 'vitest'
import { viewerAddress } from './viewer-address.ts'

const secret = 'what only the edge knows'
const edge = '198.51.100.7'
const addressOf = (headers: Record<string, string>) => viewerAddress({ headers, address: edge }, secret)

it('is what the edge says', () => {
  expect(addressOf({ 'x-glowworm-edge': secret, 'x-glowworm-viewer': '192.0.2.1' })).toBe('192.0.2.1')
})

it.each([
  ['says nothing', {}],
  ['only says so', { 'x-glowworm-viewer': '192.0.2.1' }],
  ['proves nothing', { 'x-glowworm-viewer': '192.0.2.1', 'x-glowworm-edge': '' }],
  ['guesses', { 'x-glowworm-viewer': '192.0.2.1', 'x-glowworm-edge': 'what only the edge know' }],
  ['sends the proof twice', { 'x-glowworm-viewer': '192.0.2.1', 'x-glowworm-edge': `${secret},${secret}` }],
  ['gives another name', { 'x-forwarded-for': '192.0.2.1', 'x-glowworm-edge': secret }],
])('is the other end of the connection for who %s', (_what, headers) => {
  expect(addressOf(headers)).toBe(edge)
})
