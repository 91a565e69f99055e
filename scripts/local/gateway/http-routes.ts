import type { RouteModel } from '../model.ts'

export interface RouteMatch {
  readonly route: RouteModel
  /** Decoded. */
  readonly pathParameters: Readonly<Record<string, string>>
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter' | 'greedy'; readonly name: string }

interface CompiledRoute {
  readonly route: RouteModel
  readonly method: string
  readonly segments: readonly Segment[]
}

const rankOf = { literal: 0, parameter: 1, greedy: 2 } as const

/**
 * Routes of an HTTP API. The most specific path wins, segment by segment: literal, then `{name}`, then `{name+}`; of
 * the same path, a method goes before ANY. `$default` takes what is left.
 */
export function routeMatcher(routes: readonly RouteModel[]): (method: string, path: string) => RouteMatch | null {
  const fallback = routes.find(({ routeKey }) => routeKey === '$default')
  const compiled = routes
    .filter((route) => route !== fallback)
    .map(compile)
    .toSorted(bySpecificity)

  return (method, path) => {
    const parts = path.split('/')
    for (const candidate of compiled) {
      if (candidate.method !== method && candidate.method !== 'ANY') continue
      const pathParameters = match(candidate.segments, parts)
      if (pathParameters !== null) return { route: candidate.route, pathParameters }
    }
    return fallback === undefined ? null : { route: fallback, pathParameters: {} }
  }
}

function compile(route: RouteModel): CompiledRoute {
  const [method = '', path = ''] = route.routeKey.split(' ')
  return {
    route,
    method,
    segments: path.split('/').map((text) => {
      const [, name, plus] = /^\{([^}+]+)(\+?)\}$/.exec(text) ?? []
      if (name === undefined) return { kind: 'literal', text }
      return { kind: plus === '+' ? 'greedy' : 'parameter', name }
    }),
  }
}

function bySpecificity(a: CompiledRoute, b: CompiledRoute): number {
  for (const [index, segment] of a.segments.entries()) {
    const other = b.segments[index]
    if (other === undefined) break
    const difference = rankOf[segment.kind] - rankOf[other.kind]
    if (difference !== 0) return difference
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY')
}

function match(segments: readonly Segment[], parts: readonly string[]): Record<string, string> | null {
  const parameters: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const part = parts[index]
    if (part === undefined) return null
    if (segment.kind === 'literal') {
      if (segment.text !== part) return null
      continue
    }
    const value = segment.kind === 'greedy' ? parts.slice(index).join('/') : part
    if (value === '') return null
    parameters[segment.name] = decode(value)
    if (segment.kind === 'greedy') return parameters
  }
  return segments.length === parts.length ? parameters : null
}

/** Decoded, or as it stands if it is not well-formed. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
