import type { QueueDepths } from '../core/ports.ts'
import { type AbandonDeadJobsPorts, abandonDeadJobs } from './abandon-dead-jobs.ts'
import { type ResendLostJobsPorts, resendLostJobs } from './resend-lost-jobs.ts'
import { type ResendLostUpdatesPorts, resendLostUpdates } from './resend-lost-updates.ts'
import { type SettleUploadsPorts, settleUploads } from './settle-uploads.ts'

export type SweepPorts = AbandonDeadJobsPorts &
  ResendLostJobsPorts &
  ResendLostUpdatesPorts &
  SettleUploadsPorts & { readonly queueDepths: QueueDepths }

/**
 * Finds what broke off somewhere and would otherwise wait for ever, and has it go on: dead letters, lost jobs and
 * updates, deletions that stopped half-way, uploads that nobody completed. Repeating it, or two of it at once, does no harm. One part that
 * fails stops no other.
 * @throws AggregateError of what failed, after everything else was done
 */
export async function sweep(ports: SweepPorts): Promise<void> {
  // Awaited by the parts that have to know: the others go on without.
  const depths = ports.queueDepths.read()
  const parts = await Promise.allSettled([
    abandonDeadJobs(ports, depths),
    resendLostJobs(ports, depths),
    resendLostUpdates(ports),
    settleUploads(ports),
  ])
  const failures = parts.flatMap((part) => (part.status === 'rejected' ? [part.reason] : []))
  // An AggregateError tells a log its own message, and nothing of what it holds.
  for (const error of failures) ports.log.error('A part of the sweep failed', { error })
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} parts of the sweep failed`)
}
