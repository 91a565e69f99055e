/**
 * Which messages of a batch have failed, from what the function returned with ReportBatchItemFailures on. As AWS
 * documents it: nothing, null, an empty object and an empty or null list are complete success; a response that is no
 * object, and any identifier that is missing, empty or not of this batch, fail the whole batch.
 */
export function failedMessageIds(response: string, batch: readonly { readonly messageId: string }[]): Set<string> {
  const all = new Set(batch.map(({ messageId }) => messageId))
  const value: unknown = JSON.parse(response)
  if (value === null) return new Set()
  if (typeof value !== 'object') return all
  const items: unknown = Reflect.get(value, 'batchItemFailures') ?? []
  if (!Array.isArray(items)) return all
  const failed = new Set<string>()
  for (const item of items) {
    const id: unknown = Object(item).itemIdentifier
    if (typeof id !== 'string' || !all.has(id)) return all
    failed.add(id)
  }
  return failed
}
