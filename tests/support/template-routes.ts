import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const cdkOut = join(import.meta.dirname, '../../cdk.out')

interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
}

/** Every route key that these templates have: `GET /api/images` of the HTTP API, `$connect` of the socket. */
export function routesIn(templates: readonly string[]): readonly string[] {
  return templates
    .flatMap((text) => Object.values<Resource>(JSON.parse(text).Resources))
    .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
    .map(({ Properties }) => String(Properties?.RouteKey))
    .toSorted()
}

/** Those of the templates that the local cloud runs. */
export async function builtRoutes(): Promise<readonly string[]> {
  const files = (await readdir(cdkOut)).filter((name) => name.endsWith('.template.json'))
  return routesIn(await Promise.all(files.map((name) => readFile(join(cdkOut, name), 'utf8'))))
}
