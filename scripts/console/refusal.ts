/** Something that the user can put right: the message says what is wrong, and how. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal'
}

/** What to tell the user of a failure: a refusal in its own words, a fault with everything that is known of it. */
export function explain(error: unknown): string {
  if (error instanceof Refusal) return error.message
  if (isMisuse(error)) return `${firstSentence(error.message)}. --help lists the options.`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Of `parseArgs`. */
function isMisuse(error: unknown): error is TypeError {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}

function firstSentence(text: string): string {
  return text.split(/\.\s/)[0]?.replace(/\.$/, '') ?? text
}
