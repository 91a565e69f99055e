/** A page of the site that everything leads to. */
export interface Place {
  readonly name: string
  readonly path: string
  /** Paths below these belong to it too. */
  readonly holds: readonly string[]
}

export const places: readonly Place[] = [
  { name: 'Gallery', path: '/', holds: ['/images'] },
  { name: 'Activity', path: '/activity', holds: [] },
  { name: 'Settings', path: '/settings', holds: [] },
]

/** Whether the page at this path is the place, or part of it. */
export const isWithin = (place: Place, path: string): boolean =>
  path === place.path ||
  [...place.holds, ...(place.path === '/' ? [] : [place.path])].some((above) => path.startsWith(`${above}/`))
