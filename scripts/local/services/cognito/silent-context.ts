import type { Context } from 'cognito-local/lib/services/context.js'

const silence = () => {}

/** cognito-local logs passwords and tokens at its debug level, so its log goes nowhere. */
export const silentContext: Context = {
  logger: { child: () => silentContext.logger, debug: silence, error: silence, info: silence, warn: silence },
}
