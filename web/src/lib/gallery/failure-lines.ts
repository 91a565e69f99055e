import { library } from '#lib/live/library.svelte.ts'

const shownAtMost = 4

/** Names the photos that something failed for, each with its reason; the last line says how many are not named. */
export function failureLines(failures: readonly { readonly id: string; readonly reason: string }[]): readonly string[] {
  const named = failures.slice(0, shownAtMost).map(({ id, reason }) => {
    const image = library.stateOf(id)?.image
    return `${image?.title ?? image?.original_filename ?? 'A photo'}: ${reason}`
  })
  const more = failures.length - named.length
  return more === 0 ? named : [...named, `And ${more.toLocaleString()} more.`]
}
