import {
  type ApiGatewayManagementApiClient,
  ApiGatewayManagementApiServiceException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi'
import type { Sockets } from '../core/ports.ts'

export function apiGatewaySockets(client: ApiGatewayManagementApiClient): Sockets {
  return {
    async send(connectionId, message) {
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: JSON.stringify(message) }))
        return 'sent'
      } catch (error) {
        // By status: not every stand-in for AWS names its exceptions.
        if (error instanceof ApiGatewayManagementApiServiceException && error.$metadata.httpStatusCode === 410) {
          return 'gone'
        }
        throw error
      }
    },
  }
}
