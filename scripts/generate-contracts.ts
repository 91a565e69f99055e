/** Writes events/openapi.json and events/asyncapi.yaml from the schemas: `npm run generate`. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contractFiles } from './contracts/contract-files.ts'

const root = join(import.meta.dirname, '..')
for (const [path, content] of contractFiles()) {
  await writeFile(join(root, path), content)
  console.log(`wrote ${path}`)
}
