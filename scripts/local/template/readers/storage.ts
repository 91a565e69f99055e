import { z } from 'zod'
import type { BucketModel, TableModel } from '../../model.ts'
import { because, boolean, harmless, number, texts } from '../properties.ts'
import type { Resources } from '../resources.ts'

const bucket = z.strictObject({
  BucketName: z.string().optional(),
  CorsConfiguration: z
    .strictObject({
      CorsRules: z.array(
        z.strictObject({
          Id: z.string().optional(),
          AllowedOrigins: texts,
          AllowedMethods: texts,
          AllowedHeaders: texts.default([]),
          ExposedHeaders: texts.default([]),
          MaxAge: number.optional(),
        }),
      ),
    })
    .optional(),
  BucketEncryption: harmless(because.encryption),
  LifecycleConfiguration: harmless('it only saves storage, after days'),
  LoggingConfiguration: harmless(because.telemetry),
  OwnershipControls: harmless(because.permissions),
  PublicAccessBlockConfiguration: harmless(because.permissions),
  VersioningConfiguration: harmless(because.backups),
  Tags: harmless(because.tags),
})

export function readBuckets(resources: Resources, rewrite: (text: string) => string): readonly BucketModel[] {
  return resources.read('AWS::S3::Bucket', bucket).map(({ ref, properties }) => ({
    name: ref,
    cors: (properties.CorsConfiguration?.CorsRules ?? []).map((rule) => ({
      allowedOrigins: rule.AllowedOrigins.map(rewrite),
      allowedMethods: rule.AllowedMethods,
      allowedHeaders: rule.AllowedHeaders,
      exposedHeaders: rule.ExposedHeaders,
      maxAgeSeconds: rule.MaxAge ?? null,
    })),
  }))
}

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }))

const table = z.strictObject({
  TableName: z.string().optional(),
  KeySchema: keySchema,
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
  GlobalSecondaryIndexes: z
    .array(
      z.strictObject({
        IndexName: z.string(),
        KeySchema: keySchema,
        Projection: z.strictObject({
          ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: texts.optional(),
        }),
        ContributorInsightsSpecification: harmless(because.telemetry),
      }),
    )
    .default([]),
  TimeToLiveSpecification: z.strictObject({ AttributeName: z.string(), Enabled: boolean }).optional(),
  BillingMode: z.literal('PAY_PER_REQUEST', 'Expected PAY_PER_REQUEST: throughput is not metered here'),
  ContributorInsightsSpecification: harmless(because.telemetry),
  DeletionProtectionEnabled: harmless('it guards against a deletion of the stack, and no stack is deleted here'),
  PointInTimeRecoverySpecification: harmless(because.backups),
  SSESpecification: harmless(because.encryption),
  Tags: harmless(because.tags),
})

export function readTables(resources: Resources): readonly TableModel[] {
  return resources.read('AWS::DynamoDB::Table', table).map(({ ref, properties }) => ({
    name: ref,
    keySchema: properties.KeySchema,
    attributeDefinitions: properties.AttributeDefinitions,
    globalSecondaryIndexes: properties.GlobalSecondaryIndexes.map(({ IndexName, KeySchema, Projection }) => ({
      IndexName,
      KeySchema,
      Projection: {
        ProjectionType: Projection.ProjectionType,
        ...(Projection.NonKeyAttributes && { NonKeyAttributes: Projection.NonKeyAttributes }),
      },
    })),
    timeToLiveAttribute: properties.TimeToLiveSpecification?.Enabled
      ? properties.TimeToLiveSpecification.AttributeName
      : null,
  }))
}
