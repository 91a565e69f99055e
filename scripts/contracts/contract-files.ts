import { stringify } from 'yaml'
import { asyncApiDocument } from './asyncapi.ts'
import { openApiDocument } from './openapi.ts'

/** The generated contract files by their path in the repository. */
export function contractFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['events/openapi.json', `${JSON.stringify(openApiDocument(), null, 2)}\n`],
    ['events/asyncapi.yaml', stringify(asyncApiDocument(), { aliasDuplicateObjects: false, lineWidth: 0 })],
  ])
}
