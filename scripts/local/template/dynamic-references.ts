import { createHash } from 'node:crypto'

/** All of a secret, as it is now. */
const wholeSecret = /\{\{resolve:secretsmanager:(arn:[^{}]+):SecretString:::\}\}/g

/**
 * The text with every reference to a secret replaced by its value. Here that is made of its name, so it is the same after
 * every restart, and no secret: whoever can reach this cloud is the developer.
 * @returns null if the text refers to something that is not known here
 */
export function withSecrets(text: string): string | null {
  const replaced = text.replaceAll(wholeSecret, (_reference, secretArn: string) =>
    createHash('sha256').update(secretArn).digest('hex'),
  )
  return replaced.includes('{{resolve:') ? null : replaced
}
