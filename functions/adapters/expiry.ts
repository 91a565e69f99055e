/**
 * A table's time to live: whole seconds. DynamoDB deletes what has expired within days, not at once, so readers to
 * whom it matters look at the attribute themselves.
 */
export const epochSeconds = (date: Date): number => Math.ceil(date.getTime() / 1_000)
