import { createHash } from 'node:crypto'
import { CfnBudget } from 'aws-cdk-lib/aws-budgets'
import { Stack } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'

export interface StageBudgetProps {
  readonly stage: StageConfig['stage']
  /** In US dollars. */
  readonly monthly: number
  /** Of the budget; from there on `email` is told. */
  readonly percent: number
  readonly email: string
}

/** A budget of everything that carries the stage's tag `budget`. */
export class StageBudget extends Construct {
  constructor(scope: Construct, id: string, { stage, monthly, percent, email }: StageBudgetProps) {
    super(scope, id)
    const notifications: CfnBudget.NotificationWithSubscribersProperty[] = [
      {
        notification: { notificationType: 'ACTUAL', comparisonOperator: 'GREATER_THAN', threshold: percent },
        subscribers: [{ subscriptionType: 'EMAIL', address: email }],
      },
    ]
    // A change of them replaces the budget, and the next one cannot have the name of one that is still there.
    const hash = createHash('sha256').update(JSON.stringify(notifications)).digest('hex').slice(0, 8)
    new CfnBudget(this, 'Budget', {
      budget: {
        // Budgets of all regions have one space of names.
        budgetName: `glowworm-${stage}-${Stack.of(this).region}-${hash}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthly, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:budget$glowworm-${stage}`] },
      },
      notificationsWithSubscribers: notifications,
    })
  }
}
