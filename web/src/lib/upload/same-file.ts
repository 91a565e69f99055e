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
  const open = new Map<string, Wanted[]>()
  for (const one of wanted) open.set(nameOf(one), [...(open.get(nameOf(one)) ?? []), one])
  return chosen.map((file) => open.get(nameOf(file))?.shift() ?? null)
}

const nameOf = ({ name, size, modified }: Likeness): string => `${size} ${modified} ${name}`
