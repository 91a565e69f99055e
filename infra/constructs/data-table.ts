import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import { type Conditions, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { removalPolicy } from './removal-policy.ts'

export interface DataTableIndex {
  readonly partitionKey: string
  readonly sortKey: string
  /** Attributes besides the keys; none means keys only. */
  readonly include?: readonly string[]
}

export interface DataTableProps<Index extends string> {
  readonly config: StageConfig
  /** Name of the environment variable that tells a function the table's name. */
  readonly variable: string
  /** Keys are strings, all of them. */
  readonly partitionKey: string
  readonly sortKey?: string
  readonly indexes?: Readonly<Record<Index, DataTableIndex>>
  /** Attribute with the epoch second after which an item is gone. */
  readonly timeToLive?: string
}

export type TableAction = 'GetItem' | 'BatchGetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'DeleteItem'

/** A table on demand, recoverable to any point in time. There is no right to scan it. */
export class DataTable<Index extends string = never> extends Construct {
  readonly table: Table
  readonly #variable: string

  constructor(scope: Construct, id: string, props: DataTableProps<Index>) {
    super(scope, id)
    this.#variable = props.variable
    const key = (name: string) => ({ name, type: AttributeType.STRING })
    this.table = new Table(this, 'Table', {
      partitionKey: key(props.partitionKey),
      ...(props.sortKey && { sortKey: key(props.sortKey) }),
      ...(props.timeToLive && { timeToLiveAttribute: props.timeToLive }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.DEFAULT,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: props.config.retainData,
      removalPolicy: removalPolicy(props.config),
    })
    for (const [indexName, index] of Object.entries<DataTableIndex>(props.indexes ?? {})) {
      this.table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: key(index.partitionKey),
        sortKey: key(index.sortKey),
        ...(index.include
          ? { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...index.include] }
          : { projectionType: ProjectionType.KEYS_ONLY }),
      })
    }
  }

  bind(fn: LambdaFunction, ...actions: readonly TableAction[]): void {
    this.#allow(fn, actions, [this.table.tableArn])
  }

  /** @param partitionKeys what the function may use; `*` stands for anything */
  bindKeys(fn: LambdaFunction, partitionKeys: readonly string[], ...actions: readonly TableAction[]): void {
    this.#allow(fn, actions, [this.table.tableArn], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': partitionKeys },
    })
  }

  /** Lets the function query these indexes, and nothing but these. */
  bindIndexes(fn: LambdaFunction, ...indexes: readonly Index[]): void {
    this.#allow(
      fn,
      ['Query'],
      indexes.map((index) => `${this.table.tableArn}/index/${index}`),
    )
  }

  #allow(fn: LambdaFunction, actions: readonly TableAction[], resources: string[], conditions?: Conditions): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: actions.map((action) => `dynamodb:${action}`),
        resources,
        ...(conditions && { conditions }),
      }),
    )
    fn.addEnvironment(this.#variable, this.table.tableName)
  }
}
