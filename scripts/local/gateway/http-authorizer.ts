import { z } from 'zod'
import type { AuthorizerModel } from '../model.ts'
import { arn } from '../template/account.ts'
import { callFunction, type Invoke } from './function-call.ts'
import type { HttpEvent } from './http-event.ts'
import { identityOf } from './identity-sources.ts'

export type Authorization =
  | { readonly kind: 'allowed'; readonly context: Readonly<Record<string, unknown>> | null }
  | { readonly kind: 'unauthorized' | 'forbidden' | 'failed' }

const simpleResponse = z.object({ isAuthorized: z.boolean(), context: z.record(z.string(), z.unknown()).nullish() })

/** Lambda authorisers of an HTTP API: payload 2.0 and simple responses, remembered for as long as the model says. */
export class HttpAuthorizers {
  readonly #invoke: Invoke
  readonly #remembered = new Map<string, { readonly until: number; readonly answer: Authorization }>()

  constructor(invoke: Invoke) {
    this.#invoke = invoke
  }

  async authorize(authorizer: AuthorizerModel, event: HttpEvent): Promise<Authorization> {
    const identity = identityOf(authorizer.identitySources, {
      headers: event.headers,
      query: event.queryStringParameters ?? {},
    })
    if (identity === null) return { kind: 'unauthorized' }
    // Without an identity there is nothing to remember an answer by.
    const remembers = authorizer.cacheSeconds > 0 && identity.length > 0
    const key = JSON.stringify([authorizer.functionArn, identity])
    const known = this.#remembered.get(key)
    if (remembers && known !== undefined && known.until > Date.now()) return known.answer
    const answer = await this.#ask(authorizer, event, identity)
    if (remembers && answer.kind !== 'failed') {
      this.#remembered.set(key, { until: Date.now() + authorizer.cacheSeconds * 1000, answer })
    }
    return answer
  }

  async #ask(authorizer: AuthorizerModel, event: HttpEvent, identity: readonly string[]): Promise<Authorization> {
    const { requestContext } = event
    const { method, path } = requestContext.http
    const outcome = await callFunction(this.#invoke, authorizer.functionArn, {
      type: 'REQUEST',
      routeArn: arn('execute-api', `${requestContext.apiId}/${requestContext.stage}/${method}${path}`),
      identitySource: identity.length === 0 ? null : identity,
      ...event,
    })
    // The one error that says something about the caller and not about the authoriser.
    if (outcome.kind === 'failed' && outcome.errorMessage === 'Unauthorized') return { kind: 'unauthorized' }
    if (outcome.kind !== 'returned') return { kind: 'failed' }
    const answer = simpleResponse.safeParse(outcome.value)
    if (!answer.success) return { kind: 'failed' }
    if (!answer.data.isAuthorized) return { kind: 'forbidden' }
    return { kind: 'allowed', context: answer.data.context ?? null }
  }
}
