import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps, type IBucket } from 'aws-cdk-lib/aws-s3'
import { Duration, Stack, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'
import type { StageConfig } from '../config.ts'
import { removalPolicy } from './removal-policy.ts'

export interface ObjectBucketProps {
  readonly config: StageConfig
  /** Name of the environment variable that tells a function the bucket's name. */
  readonly variable: string
  /** Every key begins with it; rights end there too. */
  readonly prefix: string
  readonly accessLogs: IBucket
  readonly bucket?: BucketProps
}

/**
 * A private bucket. Keys name what they hold and are never written twice with other bytes, so there are no versions:
 * what is deleted is gone.
 */
export class ObjectBucket extends Construct {
  readonly bucket: IBucket
  readonly #variable: string
  readonly #prefix: string

  constructor(scope: Construct, id: string, props: ObjectBucketProps) {
    super(scope, id)
    this.#variable = props.variable
    this.#prefix = props.prefix
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: `${id.toLowerCase()}/`,
      lifecycleRules: [{ id: 'abandoned-multipart-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy: removalPolicy(props.config),
      ...props.bucket,
    }) as IBucket // CDK's types know no exactOptionalPropertyTypes
  }

  /** With the right to list, so that a missing object answers 404; without it S3 answers 403. */
  bindGet(fn: LambdaFunction): void {
    this.#allowObjects(fn, 's3:GetObject')
    this.bindList(fn)
  }

  /** For URLs that others will use; the object is known to exist. */
  bindSignGet(fn: LambdaFunction): void {
    this.#allowObjects(fn, 's3:GetObject')
  }

  bindPut(fn: LambdaFunction): void {
    this.#allowObjects(fn, 's3:PutObject')
  }

  bindDelete(fn: LambdaFunction): void {
    this.#allowObjects(fn, 's3:DeleteObject')
  }

  bindList(fn: LambdaFunction): void {
    fn.addToRolePolicy(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [this.bucket.bucketArn] }))
    fn.addEnvironment(this.#variable, this.bucket.bucketName)
  }

  #allowObjects(fn: LambdaFunction, action: string): void {
    const keys = `${this.#prefix}*`
    fn.addToRolePolicy(new PolicyStatement({ actions: [action], resources: [this.bucket.arnForObjects(keys)] }))
    fn.addEnvironment(this.#variable, this.bucket.bucketName)
    Validations.of(fn.role ?? fn).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${this.#arnInFindings(fn)}/${keys}]`,
      reason: `Objects come and go; every key that this function touches begins with ${this.#prefix}.`,
    })
  }

  /** cdk-nag names a finding after the ARN as it stands in the template of the function. */
  #arnInFindings(fn: LambdaFunction): string {
    const own = Stack.of(this)
    if (Stack.of(fn) === own) throw new Error('Expected functions and buckets in different stacks.')
    return own.resolve(own.exportValue(this.bucket.bucketArn))['Fn::ImportValue']
  }
}
