import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, type FunctionProps, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Duration, Validations } from 'aws-cdk-lib/core'
import type { Construct } from 'constructs'
import type { Artifacts } from '../artifacts.ts'
import type { StageConfig } from '../config.ts'
import { metricsNamespace } from './own-metric.ts'
import { pascalCase } from './pascal-case.ts'
import { removalPolicy } from './removal-policy.ts'

/** What every function of a stack has in common. */
export interface FunctionSetting {
  readonly config: StageConfig
  readonly artifacts: Artifacts
}

/**
 * The Lambda function of `functions/handlers/{name}.ts`. It begins with no right but to write its own log and traces;
 * every other right comes from a `bind…` of the resource, together with the environment variable that names it.
 */
export class GlowwormFunction extends LambdaFunction {
  constructor(scope: Construct, name: string, setting: FunctionSetting, props: Partial<FunctionProps> = {}) {
    const { config, artifacts } = setting
    const id = pascalCase(name)
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: config.logRetentionDays,
      removalPolicy: removalPolicy(config),
    })
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(role)
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray knows no resources: xray:PutTraceSegments and xray:PutTelemetryRecords take only "*".',
    })
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: artifacts.functionCode(name),
      memorySize: 512,
      timeout: Duration.seconds(10),
      tracing: Tracing.ACTIVE,
      logGroup,
      role,
      ...props,
      environment: {
        STAGE: config.stage,
        LOG_LEVEL: config.logLevel,
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: metricsNamespace(config),
        NODE_OPTIONS: '--enable-source-maps',
        ...props.environment,
      },
    })
  }
}
