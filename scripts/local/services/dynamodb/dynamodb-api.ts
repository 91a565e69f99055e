import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Running, TableModel } from '../../model.ts'
import type { AwsResponse } from '../aws-request.ts'
import { type AwsService, type BufferedRequest, jsonAnswer, jsonInput, targetOperation } from '../service.ts'
import { notImplemented, ServiceError } from '../service-error.ts'
import { Dynalite } from './dynalite.ts'
import { deleteExpired } from './expiry.ts'
import { provisionTable } from './tables.ts'

const expiryIntervalMs = 60_000

/** DynamoDB: Dynalite on disk, with the tables of the template and their time to live. */
export class DynamoDbApi implements AwsService, Running {
  readonly name = 'dynamodb'
  readonly protocol = 'json-1.0'
  readonly #dynalite: Dynalite
  readonly #tables: ReadonlyMap<string, TableModel>
  readonly #runningMark: string
  readonly #expiry: NodeJS.Timeout
  #expiring: Promise<void> = Promise.resolve()

  private constructor(dynalite: Dynalite, tables: readonly TableModel[], runningMark: string, onFault: OnFault) {
    this.#dynalite = dynalite
    this.#tables = new Map(tables.map((table) => [table.name, table]))
    this.#runningMark = runningMark
    this.#expiry = setInterval(() => {
      this.#expiring = this.#deleteExpired().catch((fault) => onFault(fault, 'deleting expired items'))
    }, expiryIntervalMs).unref()
  }

  static async start(directory: string, tables: readonly TableModel[], onFault: OnFault): Promise<DynamoDbApi> {
    mkdirSync(directory, { recursive: true })
    const dynalite = await Dynalite.open(join(directory, 'level'))
    try {
      // Still there from last time: that run was killed.
      const runningMark = join(directory, 'running')
      const wasKilled = existsSync(runningMark)
      writeFileSync(runningMark, '')
      for (const table of tables) await provisionTable(dynalite, table, wasKilled)
      return new DynamoDbApi(dynalite, tables, runningMark, onFault)
    } catch (error) {
      await dynalite.close()
      throw error
    }
  }

  identify(request: BufferedRequest): { operation: string; resource: string } {
    const input = jsonInput(request)
    const resource = input.TableName ?? Object.keys((input.RequestItems as object | undefined) ?? {}).join(',')
    return { operation: targetOperation(request), resource: String(resource) }
  }

  async answer(request: BufferedRequest, operation: string): Promise<AwsResponse> {
    const input = jsonInput(request)
    if (operation === 'DescribeTimeToLive') return jsonAnswer('1.0', this.#describeTimeToLive(input))
    if (!this.#dynalite.supports(operation)) throw notImplemented('dynamodb', operation)
    return jsonAnswer('1.0', await this.#dynalite.call(operation, input))
  }

  async stop(): Promise<void> {
    clearInterval(this.#expiry)
    await this.#expiring
    await this.#dynalite.close()
    rmSync(this.#runningMark, { force: true })
  }

  #describeTimeToLive({ TableName }: Record<string, unknown>): object {
    const table = this.#tables.get(String(TableName))
    if (table === undefined) {
      const message = `Requested resource not found: Table: ${TableName} not found`
      throw new ServiceError(400, 'ResourceNotFoundException', message)
    }
    const attribute = table.timeToLiveAttribute
    const state = attribute === null ? {} : { AttributeName: attribute }
    return { TimeToLiveDescription: { TimeToLiveStatus: attribute === null ? 'DISABLED' : 'ENABLED', ...state } }
  }

  async #deleteExpired(): Promise<void> {
    for (const table of this.#tables.values()) await deleteExpired(this.#dynalite, table, new Date())
  }
}

type OnFault = (fault: unknown, what: string) => void
