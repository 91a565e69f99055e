import type { Log } from '../core/ports.ts'

/**
 * Does the same with each; one that fails stops no other.
 * @param atOnce how many are under way together; one after the other if it is not given
 * @param log is told of each failure
 * @throws AggregateError of what failed, after all others were done
 */
export async function eachByItself<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  act: (item: Item) => Promise<void>,
  {
    log,
    about,
    atOnce = 1,
  }: {
    readonly log: Log
    readonly about: (item: Item) => Readonly<Record<string, unknown>>
    readonly atOnce?: number
  },
): Promise<void> {
  const failures: unknown[] = []
  const waiting = oneByOne(items)
  const workOff = async () => {
    for await (const item of waiting) {
      try {
        await act(item)
      } catch (error) {
        log.error('One of many failed; the others go on', { ...about(item), error })
        failures.push(error)
      }
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: atOnce }, workOff))
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of many failed`)
}

/** Several may ask it for the next, each gets another. */
async function* oneByOne<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Item> {
  yield* items
}
