import type { Invoke } from '../function-call.ts'

/** What a test's function gets: an event of any kind, as JSON has it. */
// biome-ignore lint/suspicious/noExplicitAny: each test reads the part of the event that it is about
export type AnyEvent = any

/** Functions by name that run in the test itself, and everything that they were asked. */
export function fakeFunctions(handlers: Readonly<Record<string, (event: AnyEvent) => unknown>>) {
  const asked: { readonly name: string; readonly event: AnyEvent }[] = []
  const invoke: Invoke = async (functionArn, payload) => {
    const name = functionArn.slice(functionArn.lastIndexOf(':') + 1)
    const event: AnyEvent = JSON.parse(payload)
    asked.push({ name, event })
    const handler = handlers[name]
    if (handler === undefined) throw new Error(`Expected the test to have a function ${name}`)
    try {
      return { functionError: null, payload: JSON.stringify((await handler(event)) ?? null) }
    } catch (error) {
      if (error instanceof Error && 'statusCode' in error) throw error
      const errorMessage = error instanceof Error ? error.message : String(error)
      return { functionError: 'Unhandled', payload: JSON.stringify({ errorType: 'Error', errorMessage }) }
    }
  }
  return {
    invoke,
    asked: asked as readonly { readonly name: string; readonly event: AnyEvent }[],
    /** Events of one function, oldest first. */
    eventsOf: (name: string): readonly AnyEvent[] => asked.filter((one) => one.name === name).map(({ event }) => event),
  }
}

export function arnOf(name: string): string {
  return `arn:aws:lambda:us-east-1:000000000000:function:${name}`
}

/** Lambda's refusal to run a function at all. */
export function refusal(statusCode: number): Error {
  return Object.assign(new Error('Refused'), { statusCode })
}
