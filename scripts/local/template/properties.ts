import { z } from 'zod'

const harmlessProperties = new WeakSet<z.ZodType>()

/** A property that may say anything, because of `reason` it makes no difference here. Its value is not even resolved. */
export function harmless(reason: string): z.ZodOptional<z.ZodUnknown> {
  const property = z.unknown().optional().describe(`Harmless: ${reason}`)
  harmlessProperties.add(property)
  return property
}

export function isHarmless(property: z.ZodType): boolean {
  return harmlessProperties.has(property)
}

/** CloudFormation takes numbers and truth values as text too. */
export const number = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
export const boolean = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])

export const texts = z.array(z.string())

/** Reasons that many properties share. */
export const because = {
  description: 'words for people',
  tags: 'labels for bills',
  permissions: 'every caller here is the developer; who may do what is tested on the template',
  encryption: 'data on a developer disk is encrypted by its owner or not at all',
  telemetry: 'logs go to files, and nobody scrapes metrics',
  backups: 'nothing here goes back to an earlier state; a backup is a copy of the data folder',
} as const
