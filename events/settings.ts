import * as z from 'zod'
import { displaySize, limits, renditionFormat } from './vocabulary.ts'

const isUnique = (values: readonly string[]): boolean => new Set(values).size === values.length

/** What is rendered of every image, besides its thumbnails. */
export const displaySettings = z.strictObject({
  display_sizes: z.array(displaySize).min(1).max(limits.displaySizes).refine(isUnique, 'Each size only once'),
  formats: z.array(renditionFormat).min(1).refine(isUnique, 'Each format only once'),
  revision: z.int().nonnegative().describe('Grows with every change; 0 as long as nothing has been changed'),
})
