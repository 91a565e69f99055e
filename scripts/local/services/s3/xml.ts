import { XMLBuilder, XMLParser } from 'fast-xml-parser'
import { ServiceError } from '../service-error.ts'

const builder = new XMLBuilder({ ignoreAttributes: false })
const parser = new XMLParser({ parseTagValue: false, trimValues: false, isArray: (name) => name === 'Object' })

/** `{ Root: { Child: … } }` as a document of S3's namespace. */
export function toXml(root: string, content: object): string {
  return builder.build({
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    [root]: { '@_xmlns': 'http://s3.amazonaws.com/doc/2006-03-01/', ...content },
  })
}

export interface DeleteRequest {
  readonly keys: readonly string[]
  readonly quiet: boolean
}

/** @throws ServiceError `MalformedXML`, also for more than 1000 keys */
export function parseDeleteRequest(xml: string): DeleteRequest {
  const { Delete: content } = parse(xml)
  const objects = content?.Object
  const keys = Array.isArray(objects) ? objects.map((object) => object?.Key) : []
  if (keys.length === 0 || keys.length > 1000 || !keys.every((key) => typeof key === 'string' && key !== '')) {
    throw new ServiceError(400, 'MalformedXML', 'Expected <Delete> with 1 to 1000 <Object><Key>…</Key></Object>.')
  }
  if (objects.some((object: object) => Object.keys(object).some((name) => name !== 'Key'))) {
    throw new ServiceError(501, 'NotImplemented', 'DeleteObjects of the local cloud takes keys only.')
  }
  return { keys, quiet: String(content.Quiet).trim() === 'true' }
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the caller sent
function parse(xml: string): any {
  try {
    return parser.parse(xml, true)
  } catch (cause) {
    throw new ServiceError(400, 'MalformedXML', 'The XML you provided was not well-formed.', { cause })
  }
}
