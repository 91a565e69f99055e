import { type Reach, Reachability } from './reachability.ts'

/** Longer than this without a word is no answer, in milliseconds. */
const patience = 8_000

/** The server as this page sees it; one for all that talk to it. */
class Server {
  reach = $state<Reach>('reachable')
  readonly #reachability = new Reachability({
    probe: async () => (await fetch('/api/health', { signal: AbortSignal.timeout(patience) })).ok,
    hasNetwork: () => navigator.onLine,
    pause: (ms, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, ms)
        signal.addEventListener('abort', () => {
          clearTimeout(timer)
          resolve()
        })
      }),
    random: Math.random,
    onChange: (reach) => {
      this.reach = reach
    },
  })

  readonly answers = () => this.#reachability.answers()
  readonly whenReachable = (signal: AbortSignal) => this.#reachability.whenReachable(signal)
  readonly reconsider = () => this.#reachability.reconsider()
}

export const server = new Server()
