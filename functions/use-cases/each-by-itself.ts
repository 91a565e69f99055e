import type { Log } from '../core/ports.ts'

/**
 * Does the same with one after the other; one that fails stops no other.
 * @param log is told of each failure
 * @throws AggregateError of what failed, after all others were done
 */
export async function eachByItself<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  act: (item: Item) => Promise<void>,
  { log, about }: { readonly log: Log; readonly about: (item: Item) => Readonly<Record<string, unknown>> },
): Promise<void> {
  const failures: unknown[] = []
  for await (const item of items) {
    try {
      await act(item)
    } catch (error) {
      log.error('One of many failed; the others go on', { ...about(item), error })
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} of many failed`)
}
