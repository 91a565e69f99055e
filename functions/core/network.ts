/**
 * What of an address one customer of a provider has: all of an IPv4 address, and the first half of an IPv6 address, of
 * which everybody gets the whole second half. IPv4 in the clothes of IPv6 is IPv4. Anything else is taken as it is.
 */
export function networkOf(address: string): string {
  const [, dressed] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (dressed !== undefined) return dressed
  if (!/^[\da-f:]*:[\da-f:]*$/i.test(address)) return address
  const [head = '', tail] = address.split('::')
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}

/** Without zeros in front. */
const groupsOf = (text: string): readonly string[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16).toString(16))
