/**
 * The cookies of an event, by name. API Gateway gives them in a list, one `name=value` each; what stands in for it may
 * leave them where the client put them, in one header.
 */
export function cookiesOf({
  cookies,
  headers,
}: {
  readonly cookies?: readonly string[] | undefined
  readonly headers: Readonly<Record<string, string | undefined>>
}): Readonly<Record<string, string>> {
  return parseCookies(cookies ?? headers.cookie?.split(';'))
}

export function parseCookies(pairs: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [name.trim(), value.join('=').trim()]
    }),
  )
}
