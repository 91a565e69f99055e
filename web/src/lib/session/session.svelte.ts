import type { user } from '@glowworm/events/http-api'
import type { z } from 'zod'
import { api } from '#lib/api/api.ts'
import { Refused } from '#lib/api/errors.ts'

type User = z.infer<typeof user>

/** Who is signed in. The cookies are out of reach; the API is asked. */
class Session {
  /** Undefined until the API has answered; null when nobody is signed in. */
  user = $state<User | null | undefined>(undefined)

  async restore(): Promise<void> {
    try {
      this.user = (await api.me()).user
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error
      this.user = null
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    this.user = (await api.login(email, password)).user
  }

  async signOut(): Promise<void> {
    await api.logout()
    this.user = null
  }
}

export const session = new Session()
