import { RequestError } from '../core/errors.ts'
import type { Connections, Tickets } from '../core/ports.ts'

/** Opens a connection for whoever the ticket was made for, and uses the ticket up. @throws RequestError `unauthorized` */
export async function connectSocket(
  ports: { readonly tickets: Tickets; readonly connections: Connections },
  connectionId: string,
  ticket: string | undefined,
): Promise<void> {
  const user = ticket === undefined ? null : await ports.tickets.consume(ticket)
  if (user === null) {
    throw new RequestError(401, 'unauthorized', 'The ticket is missing, used or expired. Ask for a new one.')
  }
  await ports.connections.open(connectionId, user)
}
