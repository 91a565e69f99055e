/**
 * What is selected in a list. A range reaches from the anchor to where it was last extended to; extending it again
 * replaces that range, and leaves what was selected before it.
 */
export interface Selection {
  readonly ids: ReadonlySet<string>
  /** Where ranges begin; null if nothing was pointed at yet. */
  readonly anchor: string | null
  /** What was selected before the range was. */
  readonly base: ReadonlySet<string>
}

const none: ReadonlySet<string> = new Set()
export const nothingSelected: Selection = { ids: none, anchor: null, base: none }

/** Selects one more, or one less. The next range begins there. */
export function toggle({ ids }: Selection, id: string): Selection {
  const changed = new Set(ids)
  if (!changed.delete(id)) changed.add(id)
  return { ids: changed, anchor: id, base: changed }
}

/**
 * Selects everything from the anchor to `to`, in the order of the list; without an anchor that is still in the list,
 * from `from`.
 */
export function extend(selection: Selection, order: readonly string[], to: string, from = to): Selection {
  const kept = selection.anchor !== null && order.includes(selection.anchor) ? selection.anchor : null
  const anchor = kept ?? from
  const base = kept === null ? selection.ids : selection.base
  const [first, last] = [order.indexOf(anchor), order.indexOf(to)].sort((a, b) => a - b)
  if (first === undefined || last === undefined || first < 0) return toggle(selection, to)
  return { ids: new Set([...base, ...order.slice(first, last + 1)]), anchor, base }
}

/** Selects all that are in the list. The anchor stays. */
export function selectAll({ ids, anchor }: Selection, order: readonly string[]): Selection {
  const all = new Set([...ids, ...order])
  return { ids: all, anchor, base: all }
}
