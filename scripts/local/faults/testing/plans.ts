import { type FaultPlan, type FaultRule, faultPlan } from '../fault-plan.ts'

/** A plan of one rule. */
export function aPlan(rule: Partial<FaultRule>, changes: Partial<FaultPlan> = {}): FaultPlan {
  return faultPlan.parse({ rules: [rule], ...changes })
}
