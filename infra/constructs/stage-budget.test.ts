import { Template } from 'aws-cdk-lib/assertions'
import { App, Stack } from 'aws-cdk-lib/core'
import { describe, expect, it } from 'vitest'
import { StageBudget, type StageBudgetProps } from './stage-budget.ts'

function nameOf(changes: Partial<StageBudgetProps> = {}): string {
  const stack = new Stack(new App(), 'Stack', { env: { region: 'eu-west-1' } })
  new StageBudget(stack, 'Budget', { stage: 'prod', monthly: 25, percent: 80, email: 'ops@example.com', ...changes })
  const [budget] = Object.values(Template.fromStack(stack).findResources('AWS::Budgets::Budget'))
  return budget?.Properties.Budget.BudgetName
}

describe('the name of a budget', () => {
  it('says of which stage and region it is', () => {
    expect(nameOf()).toMatch(/^glowworm-prod-eu-west-1-[0-9a-f]{8}$/)
  })

  it.each([{ email: 'others@example.com' }, { percent: 90 }])('is another with %j, which replaces it', (change) => {
    expect(nameOf(change)).not.toBe(nameOf())
  })

  it('stays when the amount changes, which replaces nothing', () => {
    expect(nameOf({ monthly: 50 })).toBe(nameOf())
  })
})
