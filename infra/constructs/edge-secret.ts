import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { SecretValue, Validations } from 'aws-cdk-lib/core'
import { Construct } from 'constructs'

/**
 * What only the CDN and a function know: by it the function tells requests that the CDN has made from those that anybody
 * sends to the API's own address. Made by Secrets Manager; templates only refer to it.
 */
export class EdgeSecret extends Construct {
  readonly #secret: Secret
  readonly #versionId: string | undefined

  /** @param version id of it; what is current at the first deployment if it is undefined */
  constructor(scope: Construct, id: string, version: string | undefined) {
    super(scope, id)
    this.#versionId = version
    this.#secret = new Secret(this, 'Secret', {
      description: 'Tells what comes through the CDN from what goes past it',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    })
    Validations.of(this.#secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason:
        'CDN and function read it when they are deployed, and must change together. Whoever knows it gets no right by it.',
    })
  }

  bind(fn: LambdaFunction): void {
    fn.addEnvironment('EDGE_SECRET', this.#reference)
  }

  /** Custom headers of an origin of the CDN, which replace what a viewer may have sent. */
  get originHeaders(): Record<string, string> {
    return { 'x-glowworm-edge': this.#reference }
  }

  /** CloudFormation puts the value in its place, and looks for another only when this text changes. */
  get #reference(): string {
    const { secretArn } = this.#secret
    return SecretValue.secretsManager(secretArn, this.#versionId ? { versionId: this.#versionId } : {}).unsafeUnwrap()
  }
}
