import { setTimeout as wait } from 'node:timers/promises'
import type { ConnectionState, Sockets } from '../services/handlers.ts'
import { type Faults, fits } from './faults.ts'

/** What is to be overtaken waits no longer for something that could. */
const reorderPatienceMs = 1_000

export interface CuttableSockets extends Sockets {
  /** Ends the connection as a broken network does: without goodbye. */
  cut(connectionId: string): void
}

/**
 * Connections with faults on the way to their clients. TCP loses no byte in the middle of a stream: a frame is lost only
 * with its connection, and with all that would come after it.
 */
export class FaultySockets implements Sockets {
  readonly #sockets: CuttableSockets
  readonly #faults: Faults
  /** By connection: what goes out after the next frame, or by itself. */
  readonly #held = new Map<string, () => Promise<ConnectionState>>()

  constructor(sockets: CuttableSockets, faults: Faults) {
    this.#sockets = sockets
    this.#faults = faults
  }

  async post(connectionId: string, data: Buffer): Promise<ConnectionState> {
    const rule = this.#faults.strike('push', connectionId, (candidate) => fits(candidate.to, connectionId))
    const send = () => this.#sockets.post(connectionId, data)
    switch (rule?.effect) {
      case 'drop':
        this.#sockets.cut(connectionId)
        // The frame had left when the network broke.
        return 'ok'
      case 'gone':
        this.#sockets.cut(connectionId)
        return 'gone'
      case 'duplicate':
        await send()
        return await send()
      case 'delay':
        await wait(rule.ms)
        return await send()
      case 'reorder':
        return this.#hold(connectionId, send)
    }
    const state = await send()
    await this.#release(connectionId)
    return state
  }

  delete(connectionId: string): Promise<ConnectionState> {
    return this.#sockets.delete(connectionId)
  }

  get(connectionId: string): Promise<ConnectionState> {
    return this.#sockets.get(connectionId)
  }

  async #hold(connectionId: string, send: () => Promise<ConnectionState>): Promise<ConnectionState> {
    await this.#release(connectionId)
    this.#held.set(connectionId, send)
    setTimeout(() => {
      if (this.#held.get(connectionId) === send) void this.#release(connectionId)
    }, reorderPatienceMs).unref()
    return 'ok'
  }

  async #release(connectionId: string): Promise<void> {
    const send = this.#held.get(connectionId)
    this.#held.delete(connectionId)
    await send?.()
  }
}
