import { setTimeout as wait } from 'node:timers/promises'

/** Waits for evidence: asks until the answer is not null, and fails with `what` when the deadline passes. */
export async function eventually<Evidence>(
  what: string,
  look: () => Promise<Evidence | null> | Evidence | null,
  deadlineMs = 60_000,
): Promise<Evidence> {
  const deadline = Date.now() + deadlineMs
  for (;;) {
    const evidence = await look()
    if (evidence !== null) return evidence
    if (Date.now() > deadline) throw new Error(`Waited ${deadlineMs} ms in vain for ${what}`)
    await wait(50)
  }
}
