import { delimiter, join } from 'node:path'
import type { FunctionModel } from '../model.ts'

/** All that a function may see of the machine it runs on: where programs, home and temporary files are. */
const inherited = /^(PATH|HOME|TMPDIR|LD_.*)$/

/**
 * The complete environment of a function's process, as Lambda sets it: the function's own variables, under those that
 * Lambda reserves. Nothing else of `parent` leaks in.
 */
export function functionEnvironment(
  model: FunctionModel,
  { awsEndpoint, logStreamName, parent }: { awsEndpoint: string; logStreamName: string; parent: NodeJS.ProcessEnv },
): Record<string, string> {
  const fromMachine = Object.fromEntries(
    Object.entries(parent).filter((entry): entry is [string, string] => inherited.test(entry[0])),
  )
  const region = model.arn.split(':')[3] ?? ''
  return {
    ...fromMachine,
    LANG: 'en_US.UTF-8',
    ...model.environment,
    TZ: 'UTC',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local-secret',
    AWS_ENDPOINT_URL: awsEndpoint,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: model.name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(model.memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${model.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
    AWS_XRAY_CONTEXT_MISSING: 'IGNORE_ERROR',
    LAMBDA_TASK_ROOT: model.codeDirectory,
    NODE_PATH: model.layerDirectories.map((layer) => join(layer, 'nodejs', 'node_modules')).join(delimiter),
    _HANDLER: model.handler,
  }
}
