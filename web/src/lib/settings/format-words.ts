import type { RenditionFormat } from '@glowworm/events/vocabulary'

export const formatNames: Readonly<Record<RenditionFormat, string>> = { jpeg: 'JPEG', webp: 'WebP', avif: 'AVIF' }

/** What each is good for, and what it costs. */
export const formatNotes: Readonly<Record<RenditionFormat, string>> = {
  jpeg: 'Every display there is can show it. The largest files, made the fastest.',
  webp: 'About a quarter smaller than JPEG at the same look. Browsers since 2020 show it, older frames may not.',
  avif: 'Smaller still, about half of a JPEG, and kind to skies and gradients. Takes several times as long to make.',
}

/** `JPEG`, `JPEG and WebP`, `JPEG, WebP and AVIF` */
export function listed(names: readonly string[]): string {
  const [last = '', ...others] = names.toReversed()
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`
}
