/** Emulators have no host name per API; LocalStack, and those that follow it, have this path instead. */
export function addressAtEndpoint(endpoint: string, apiId: string, stageName: string): string {
  return `${endpoint}/_aws/execute-api/${apiId}/${stageName}`
}
