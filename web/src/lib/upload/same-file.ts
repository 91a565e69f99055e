/** What tells a file of a device without reading it. */
export interface Likeness {
  readonly name: string
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modified: number
}

/**
 * Pairs files that were chosen again with those that were asked for; each with one at most.
 * @returns for each chosen file what it stands for, or null
 */
export function pairUp<Wanted extends Likeness>(
  wanted: readonly Wanted[],
  chosen: readonly Likeness[],
): readonly (Wanted | null)[] {
  const open = [...wanted]
  return chosen.map(({ name, size, modified }) => {
    const at = open.findIndex((one) => one.name === name && one.size === size && one.modified === modified)
    return at < 0 ? null : (open.splice(at, 1)[0] ?? null)
  })
}
