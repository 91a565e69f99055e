import { buildApp } from 'fauxqs'
import type { AwsResponse } from '../aws-request.ts'
import { header } from '../aws-request.ts'
import type { BufferedRequest } from '../service.ts'
import type { MessagingStores } from './stores.ts'

/** The HTTP surface of fauxqs, called in the process: it never listens. */
export class FauxqsApp {
  readonly #app: ReturnType<typeof buildApp>

  constructor({ stores }: MessagingStores) {
    this.#app = buildApp({ logger: false, stores })
  }

  async call(request: BufferedRequest, body: Buffer | string): Promise<AwsResponse> {
    const answer = await this.#app.inject({
      method: 'POST',
      url: '/',
      headers: {
        host: header(request, 'host') ?? '',
        authorization: header(request, 'authorization') ?? '',
        'content-type': header(request, 'content-type') ?? '',
        'x-amz-target': header(request, 'x-amz-target') ?? '',
      },
      payload: body,
    })
    const headers: Record<string, string> = { 'content-type': String(answer.headers['content-type']) }
    const queryError = answer.headers['x-amzn-query-error']
    if (queryError !== undefined) headers['x-amzn-query-error'] = String(queryError)
    return { status: answer.statusCode, headers, body: answer.rawPayload }
  }

  async close(): Promise<void> {
    await this.#app.close()
  }
}
