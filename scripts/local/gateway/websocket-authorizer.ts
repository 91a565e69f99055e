import { z } from 'zod'
import type { AuthorizerModel } from '../model.ts'
import { callFunction, type Invoke } from './function-call.ts'
import type { Authorization } from './http-authorizer.ts'
import { identityOf } from './identity-sources.ts'
import type { OpeningParts } from './websocket-event.ts'
import { wildcards } from './wildcards.ts'

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())])

const statement = z.object({ Effect: z.enum(['Allow', 'Deny']), Action: oneOrMore, Resource: oneOrMore })

const policyResponse = z.object({
  principalId: z.string(),
  policyDocument: z.object({
    Statement: z.union([statement.transform((one) => [one]), z.array(statement)]),
  }),
  context: z.record(z.string(), z.unknown()).nullish(),
})
type Statement = z.output<typeof statement>

/** A REQUEST authoriser of `$connect`: the policy that it answers decides about `methodArn`. */
export async function authorizeConnect(
  authorizer: AuthorizerModel,
  invoke: Invoke,
  event: OpeningParts & { readonly methodArn: string; readonly requestContext: unknown },
): Promise<Authorization> {
  const headers = Object.fromEntries(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value]))
  const identity = identityOf(authorizer.identitySources, { headers, query: event.queryStringParameters ?? {} })
  if (identity === null) return { kind: 'unauthorized' }
  const outcome = await callFunction(invoke, authorizer.functionArn, { type: 'REQUEST', ...event })
  if (outcome.kind === 'failed' && outcome.errorMessage === 'Unauthorized') return { kind: 'unauthorized' }
  if (outcome.kind !== 'returned') return { kind: 'failed' }
  const answer = policyResponse.safeParse(outcome.value)
  if (!answer.success) return { kind: 'failed' }
  const { principalId, policyDocument, context } = answer.data
  if (!allows(policyDocument.Statement, event.methodArn)) return { kind: 'forbidden' }
  return { kind: 'allowed', context: { principalId, ...context } }
}

/** As IAM decides: what nobody allows is denied, and a denial outweighs any permission. */
function allows(statements: readonly Statement[], methodArn: string): boolean {
  const effects = statements
    .filter(({ Action }) => Action.some((action) => wildcards(action).test('execute-api:Invoke')))
    .filter(({ Resource }) => Resource.some((resource) => wildcards(resource).test(methodArn)))
    .map(({ Effect }) => Effect)
  return effects.includes('Allow') && !effects.includes('Deny')
}
