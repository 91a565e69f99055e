import type { user } from '@glowworm/events/http-api'
import type { z } from 'zod'
import { api, expiry } from '#lib/api/api.ts'
import { Refused } from '#lib/api/errors.ts'

type User = z.infer<typeof user>

/** Pages of one browser share its cookies, and so its session. */
type Word = { readonly kind: 'signed out' } | { readonly kind: 'signed in'; readonly user: User }

/** Who is signed in. The cookies are out of reach; the API is asked. */
class Session {
  /**
   * Undefined until the API has answered; null when nobody is signed in. Stays while the session has merely run out:
   * nothing of what the person was doing is lost.
   */
  user = $state.raw<User | null | undefined>(undefined)
  /** Whether the person has to sign in again before anything goes on. */
  expired = $state(false)
  readonly #others = new BroadcastChannel('glowworm-session')

  constructor() {
    expiry.onExpired = () => {
      // Whoever is not known to be signed in has nothing to come back to.
      if (this.user) this.expired = true
      else expiry.settle(false)
    }
    this.#others.onmessage = ({ data }: MessageEvent<Word>) => {
      if (data.kind === 'signed in') this.#enter(data.user)
      else this.#leave()
    }
  }

  async restore(): Promise<void> {
    try {
      this.#enter((await api.me()).user)
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error
      this.#leave()
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    const { user } = await api.login(email, password)
    this.#enter(user)
    this.#tell({ kind: 'signed in', user })
  }

  async signOut(): Promise<void> {
    await api.logout()
    this.#leave()
    this.#tell({ kind: 'signed out' })
  }

  #enter(user: User): void {
    const isSame = this.user?.email === user.email
    this.expired = false
    // Only for somebody else: whoever comes back finds everything as it was.
    if (!isSame) this.user = user
    expiry.settle(isSame)
  }

  #leave(): void {
    this.user = null
    this.expired = false
    expiry.settle(false)
  }

  #tell(word: Word): void {
    this.#others.postMessage(word)
  }
}

export const session = new Session()
