/** The only credentials that the local cloud accepts; they open nothing but this process. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local-secret' } as const
