const focusable = 'a[href]:not([tabindex="-1"]), button:not(:disabled), input:not(:disabled), [tabindex="0"]'

/**
 * For what may vanish by being used. Returns what then gives the focus to its nearest neighbour, the following one
 * first, that is still on the page; it does nothing while the focus is anywhere.
 */
export function nearbyFocus(element: HTMLElement): () => void {
  const all = [...(element.closest('main')?.querySelectorAll<HTMLElement>(focusable) ?? [])]
  const at = all.indexOf(element)
  const neighbours = [...all.slice(at + 1), ...all.slice(0, Math.max(0, at)).reverse()]
  return () => {
    if (element.isConnected || document.activeElement !== document.body) return
    neighbours.find((neighbour) => neighbour.isConnected && neighbour.checkVisibility())?.focus()
  }
}
