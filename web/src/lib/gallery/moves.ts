/** How the photos lie on the screen. */
export interface Layout {
  readonly columns: number
  readonly count: number
  /** Rows that are in sight at once. */
  readonly rowsInSight: number
}

/** Where a key leads from the photo at `index`; null for a key that leads nowhere in this layout. */
export function moved(key: string, index: number, { columns, count, rowsInSight }: Layout): number | null {
  const last = count - 1
  const down = (rows: number) => {
    const to = index + rows * columns
    // Below the last full row there may be a shorter one, and no photo straight below.
    return to <= last ? to : Math.floor(index / columns) < Math.floor(last / columns) ? last : index
  }
  const up = (rows: number) => {
    const to = index - rows * columns
    return to >= 0 ? to : index % columns
  }
  switch (key) {
    case 'ArrowLeft':
      return columns === 1 ? null : Math.max(0, index - 1)
    case 'ArrowRight':
      return columns === 1 ? null : Math.min(last, index + 1)
    case 'ArrowUp':
      return up(1)
    case 'ArrowDown':
      return down(1)
    case 'PageUp':
      return up(rowsInSight)
    case 'PageDown':
      return down(rowsInSight)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return null
  }
}
