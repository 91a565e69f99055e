import type { FocalPoint } from '@glowworm/events/image'
import { reasonOf } from '#lib/api/errors.ts'
import { changeImage } from './change-image.ts'

/** A focal point on its way to another place: nothing of it is true before it is saved. */
export class FocalPointEdit {
  #draft = $state.raw<{ readonly point: FocalPoint | null } | null>(null)
  busy = $state(false)
  problem = $state('')

  get isOpen(): boolean {
    return this.#draft !== null
  }

  /** Null is the centre. */
  get point(): FocalPoint | null {
    return this.#draft?.point ?? null
  }

  begin(point: FocalPoint | null): void {
    this.problem = ''
    this.#draft = { point }
  }

  moveTo(point: FocalPoint | null): void {
    if (this.isOpen && !this.busy) this.#draft = { point }
  }

  cancel(): void {
    if (!this.busy) this.#draft = null
  }

  /** Stays open with the reason if the server refuses. */
  async save(id: string): Promise<void> {
    if (this.busy || !this.isOpen) return
    this.busy = true
    this.problem = ''
    try {
      await changeImage(id, { focal_point: this.point })
      this.#draft = null
    } catch (error) {
      this.problem = reasonOf(error)
    } finally {
      this.busy = false
    }
  }
}
