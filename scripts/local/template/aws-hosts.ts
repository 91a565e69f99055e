import { region, urlSuffix } from './account.ts'
import type { Endpoints } from './identities.ts'

const executeApi = `([\\w-]+)\\.execute-api\\.${region}\\.${urlSuffix}`
const socketUrl = new RegExp(`wss://${executeApi}(?:/[\\w-]+)?`, 'g')
const managementUrl = new RegExp(`https://${executeApi}(?:/[\\w-]+)?`, 'g')
const bucketUrl = new RegExp(`https://([\\w.-]+)\\.s3\\.${region}\\.${urlSuffix}`, 'g')
const httpApiUrl = new RegExp(`https://${executeApi}`, 'g')

/**
 * The text with the addresses of AWS replaced by those of this local cloud. `isWebSocketApi` tells the ids of
 * WebSocket APIs from those of HTTP APIs, for both are reached by https; only the former have their stage in the path.
 */
export function rewriteHosts(text: string, endpoints: Endpoints, isWebSocketApi: (apiId: string) => boolean): string {
  return text
    .replaceAll(socketUrl, `${endpoints.frontDoor.replace(/^http/, 'ws')}/ws`)
    .replaceAll(managementUrl, (url, apiId: string) =>
      isWebSocketApi(apiId) ? `${endpoints.aws}/_sockets/${apiId}` : url,
    )
    .replaceAll(bucketUrl, `${endpoints.aws}/$1`)
    .replaceAll(httpApiUrl, endpoints.frontDoor)
    .replaceAll(`https://cognito-idp.${region}.${urlSuffix}`, endpoints.aws)
    .replaceAll(/https:\/\/[\w-]+\.cloudfront\.net/g, endpoints.frontDoor)
}
