/** Matches whole texts as CloudFront's path patterns and IAM's resources do: `*` any characters, `?` exactly one. */
export function wildcards(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}
