import { z } from 'zod'
import type { FunctionModel } from '../../model.ts'
import { region, urlSuffix } from '../account.ts'
import { because, harmless, number, texts } from '../properties.ts'
import type { ResourceOf, Resources } from '../resources.ts'

const asset = z.strictObject({ S3Bucket: harmless('assets are read from the assembly'), S3Key: z.string() })

const lambdaFunction = z.strictObject({
  FunctionName: z.string().optional(),
  Code: asset,
  Handler: z.string(),
  Runtime: z.literal('nodejs24.x', 'Expected nodejs24.x: functions run on the Node of this repository'),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()).default({}) }).optional(),
  Layers: texts.default([]),
  MemorySize: number.default(128),
  Timeout: number.default(3),
  ReservedConcurrentExecutions: number.optional(),
  Architectures: harmless('functions and layers are built for this machine'),
  Description: harmless(because.description),
  LoggingConfig: harmless(because.telemetry),
  RecursiveLoop: harmless('nobody looks for loops here'),
  Role: harmless(because.permissions),
  Tags: harmless(because.tags),
  TracingConfig: harmless(because.telemetry),
})

const layerVersion = z.strictObject({
  Content: asset,
  LayerName: harmless(because.description),
  CompatibleArchitectures: harmless('functions and layers are built for this machine'),
  CompatibleRuntimes: harmless('there is one runtime'),
  Description: harmless(because.description),
  LicenseInfo: harmless(because.description),
})

const eventInvokeConfig = z.strictObject({
  FunctionName: z.string(),
  Qualifier: z.literal('$LATEST'),
  MaximumRetryAttempts: number.optional(),
  MaximumEventAgeInSeconds: harmless('an event is a few minutes old at most here'),
  DestinationConfig: z
    .strictObject({
      OnFailure: z.strictObject({ Destination: z.string().regex(/^arn:aws:sqs:/, 'Expected a queue') }).optional(),
    })
    .optional(),
})

export function readFunctions(
  resources: Resources,
  assets: ReadonlyMap<string, string>,
  rewrite: (text: string) => string,
): readonly FunctionModel[] {
  const layers = resources.read('AWS::Lambda::LayerVersion', layerVersion)
  const invokeConfigs = resources.read('AWS::Lambda::EventInvokeConfig', eventInvokeConfig)

  const directoryOf = (about: ResourceOf<unknown>, property: string, key: string): string => {
    const directory = assets.get(key)
    if (directory === undefined) resources.complain(about, property, `no asset of the assembly has the key ${key}`)
    return directory ?? ''
  }

  return resources.read('AWS::Lambda::Function', lambdaFunction).map((declared) => {
    const { ref, attributes, properties } = declared
    const invokeConfig = invokeConfigs.find((config) => config.properties.FunctionName === ref)?.properties
    return {
      name: ref,
      arn: attributes.Arn ?? '',
      codeDirectory: directoryOf(declared, 'Code.S3Key', properties.Code.S3Key),
      handler: properties.Handler,
      layerDirectories: properties.Layers.flatMap((layerArn, index) => {
        const layer = layers.find((one) => one.ref === layerArn)
        if (layer !== undefined) return [directoryOf(layer, 'Content.S3Key', layer.properties.Content.S3Key)]
        resources.complain(declared, `Layers[${index}]`, `no stack declares the layer ${layerArn}`)
        return []
      }),
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      environment: Object.fromEntries(
        Object.entries(properties.Environment?.Variables ?? {}).map(([name, value]) => {
          const rewritten = rewrite(value)
          if (rewritten.includes(`.${urlSuffix}`)) {
            resources.complain(declared, `Environment.Variables.${name}`, `${value} would be reached on AWS`)
          }
          return [name, rewritten]
        }),
      ),
      reservedConcurrency: properties.ReservedConcurrentExecutions ?? null,
      maximumRetryAttempts: invokeConfig?.MaximumRetryAttempts ?? 2,
      onFailureQueueArn: invokeConfig?.DestinationConfig?.OnFailure?.Destination ?? null,
    }
  })
}

const functionInUri = new RegExp(`arn:aws:lambda:${region}:\\d{12}:function:[\\w-]+`)

/** The function that an integration or authoriser URI calls. */
export function functionArnOf(uri: string): string | null {
  return functionInUri.exec(uri)?.[0] ?? null
}
