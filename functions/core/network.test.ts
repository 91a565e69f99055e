import { expect, it } from 'vitest'
import { networkOf } from './network.ts'

it.each([
  ['an IPv4 address', '192.0.2.1', '192.0.2.1'],
  ['IPv4 as IPv6', '::ffff:192.0.2.1', '192.0.2.1'],
  ['IPv6', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['IPv6 with zeros left out', '2001:db8::1', '2001:db8:0:0::/64'],
  ['IPv6 with zeros in front', '2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['IPv6 that ends in zeros', '2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['IPv6 that begins with zeros', '::1', '0:0:0:0::/64'],
  ['no address', 'somewhere', 'somewhere'],
])('of %s', (_what, address, network) => {
  expect(networkOf(address)).toBe(network)
})
