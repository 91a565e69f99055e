import { RequestError } from '../core/errors.ts'
import type { Ambient, Tickets } from '../core/ports.ts'

export interface CreateTicketPorts {
  readonly tickets: Tickets
  readonly ambient: Ambient
  /** Unguessable: 256 random bits, safe in a URL. */
  readonly newSecret: () => string
}

const lifetimeMs = 60_000

/**
 * A ticket that opens one WebSocket connection, once, within a minute.
 * @param user whom the authoriser let in
 * @throws RequestError `unauthorized` if that is nobody
 */
export async function createTicket(
  ports: CreateTicketPorts,
  user: { readonly email: string } | null,
  url: string,
): Promise<{ url: string; ticket: string; expires_at: string }> {
  if (user === null) throw new RequestError(401, 'unauthorized', 'Sign in first.')
  const ticket = ports.newSecret()
  const expiresAt = new Date(ports.ambient.now().getTime() + lifetimeMs)
  await ports.tickets.create(ticket, user.email, expiresAt)
  return { url, ticket, expires_at: expiresAt.toISOString() }
}
