import { limits } from '@glowworm/events/vocabulary'
import { api } from '#lib/api/api.ts'
import { library } from '#lib/live/library.svelte.ts'
import { toasts } from '#lib/ui/toasts.svelte.ts'
import { counted } from '#lib/ui/words.ts'
import { DeletionQueue } from './deletion-queue.ts'
import { failureLines } from './failure-lines.ts'

/** Browsers let a page that has gone send 64 KiB; each id takes 67 bytes of it. */
const lastWords = 900

/** The photos that are about to be deleted. Nothing shows them, and until they are gone they can come back. */
class Deletions {
  hidden = $state.raw<ReadonlySet<string>>(new Set())
  readonly #queue: DeletionQueue = new DeletionQueue(
    {
      bulkDelete: (ids, keepAlive) => library.bulkDelete(ids, keepAlive),
      offerUndo: (count, { undo, go }) => ({
        withdraw: toasts.show({
          text: `${counted(count, 'photo')} deleted`,
          action: { label: 'Undo', run: undo },
          onEnd: go,
        }),
      }),
      onFailed: (failures) => {
        toasts.show({
          text: `${counted(failures.length, 'photo')} could not be deleted`,
          details: failureLines(failures),
          isBad: true,
          action: { label: 'Try again', run: () => this.delete(failures.map(({ id }) => id)) },
        })
      },
      onChange: () => (this.hidden = this.#queue.hidden),
    },
    { perCall: limits.imagesPerBulkCall, lastWords },
  )

  readonly delete = (ids: readonly string[]) => {
    // What goes wrong here goes wrong again, and is told, when the deletion is sent.
    void api.openSession().catch(() => undefined)
    this.#queue.delete(ids)
  }
  readonly undoLast = () => this.#queue.undoLast()
  readonly flush = () => this.#queue.flush()
  readonly close = () => this.#queue.close()

  get isTooMuchToLeave(): boolean {
    return this.#queue.isTooMuchToLeave
  }
}

export const deletions = new Deletions()

/** Has photos vanish at once, offers to undo it for a while, and only then deletes them. */
export const deleteWithUndo = deletions.delete
