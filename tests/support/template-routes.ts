import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const cdkOut = join(import.meta.dirname, '../../cdk.out')

interface Resource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
}

/** Every route key that the synthesised templates have: `GET /api/images` of the HTTP API, `$connect` of the socket. */
export async function templateRoutes(): Promise<readonly string[]> {
  const files = (await readdir(cdkOut)).filter((name) => name.endsWith('.template.json'))
  const templates = await Promise.all(files.map((name) => readFile(join(cdkOut, name), 'utf8')))
  return templates
    .flatMap((text) => Object.values<Resource>(JSON.parse(text).Resources))
    .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
    .map(({ Properties }) => String(Properties?.RouteKey))
    .toSorted()
}
