import { arn, partition, region, urlSuffix } from './account.ts'

/** Where this local cloud listens. */
export interface Endpoints {
  /** `http://127.0.0.1:PORT`, of all services. */
  readonly aws: string
  /** `http://localhost:PORT`, what CloudFront would be. */
  readonly frontDoor: string
}

/** What `Ref` and `Fn::GetAtt` of a resource stand for. */
export interface Identity {
  readonly ref: string
  readonly attributes: Readonly<Record<string, string>>
}

interface Identified {
  /** The property that names the resource, if the template does. */
  readonly nameProperty?: string
  identify(name: string, properties: Readonly<Record<string, unknown>>, endpoints: Endpoints): Identity
}

const byArn =
  (service: string, resource: (name: string) => string = (name) => name) =>
  (name: string) => ({
    ref: name,
    attributes: { Arn: arn(service, resource(name)) },
  })

const onlyId = (name: string): Identity => ({ ref: name, attributes: { Id: name } })

const identifiedTypes: Readonly<Record<string, Identified>> = {
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    identify: (name) => ({
      ref: name,
      attributes: {
        Arn: `arn:${partition}:s3:::${name}`,
        DomainName: `${name}.s3.${urlSuffix}`,
        RegionalDomainName: `${name}.s3.${region}.${urlSuffix}`,
      },
    }),
  },
  'AWS::DynamoDB::Table': {
    nameProperty: 'TableName',
    identify: byArn('dynamodb', (name) => `table/${name}`),
  },
  'AWS::DynamoDB::GlobalTable': {
    nameProperty: 'TableName',
    identify: byArn('dynamodb', (name) => `table/${name}`),
  },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    identify: (name, _properties, endpoints) => {
      const queueArn = arn('sqs', name)
      const url = queueUrl(name, endpoints)
      return { ref: url, attributes: { Arn: queueArn, QueueName: name, QueueUrl: url } }
    },
  },
  'AWS::SecretsManager::Secret': {
    nameProperty: 'Name',
    identify: (name) => {
      const secretArn = arn('secretsmanager', `secret:${name}`)
      return { ref: secretArn, attributes: { Id: secretArn } }
    },
  },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    identify: (name) => {
      const topicArn = arn('sns', name)
      return { ref: topicArn, attributes: { TopicArn: topicArn, TopicName: name } }
    },
  },
  'AWS::Cognito::UserPool': {
    identify: (name) => {
      const id = `${region}_${alphanumeric(name)}`
      const provider = `cognito-idp.${region}.${urlSuffix}/${id}`
      return {
        ref: id,
        attributes: {
          UserPoolId: id,
          Arn: arn('cognito-idp', `userpool/${id}`),
          ProviderName: provider,
          ProviderURL: `https://${provider}`,
        },
      }
    },
  },
  'AWS::Cognito::UserPoolClient': {
    identify: (name) => ({ ref: alphanumeric(name), attributes: { ClientId: alphanumeric(name) } }),
  },
  'AWS::Cognito::UserPoolGroup': { nameProperty: 'GroupName', identify: (name) => ({ ref: name, attributes: {} }) },
  'AWS::Lambda::Function': {
    nameProperty: 'FunctionName',
    identify: byArn('lambda', (name) => `function:${name}`),
  },
  'AWS::Lambda::LayerVersion': {
    identify: (name) => {
      const layerArn = arn('lambda', `layer:${name}:1`)
      return { ref: layerArn, attributes: { LayerVersionArn: layerArn } }
    },
  },
  'AWS::Lambda::EventSourceMapping': { identify: onlyId },
  'AWS::Events::Rule': { nameProperty: 'Name', identify: byArn('events', (name) => `rule/${name}`) },
  'AWS::ApiGatewayV2::Api': {
    identify: (name, properties) => {
      const scheme = properties.ProtocolType === 'WEBSOCKET' ? 'wss' : 'https'
      return {
        ref: name,
        attributes: { ApiId: name, ApiEndpoint: `${scheme}://${name}.execute-api.${region}.${urlSuffix}` },
      }
    },
  },
  'AWS::ApiGatewayV2::Stage': { nameProperty: 'StageName', identify: (name) => ({ ref: name, attributes: {} }) },
  'AWS::ApiGatewayV2::Integration': {
    identify: (name) => ({ ref: name, attributes: { IntegrationId: name } }),
  },
  'AWS::ApiGatewayV2::Authorizer': {
    identify: (name) => ({ ref: name, attributes: { AuthorizerId: name } }),
  },
  'AWS::CloudFront::Distribution': {
    identify: (name) => ({ ref: name, attributes: { Id: name, DomainName: `${name}.cloudfront.net` } }),
  },
  'AWS::CloudFront::ResponseHeadersPolicy': { identify: onlyId },
  'AWS::CloudFront::CachePolicy': { identify: onlyId },
  'AWS::CloudFront::OriginRequestPolicy': { identify: onlyId },
  'AWS::CloudFront::OriginAccessControl': { identify: onlyId },
  'AWS::CloudFront::Function': {
    identify: (name) => {
      const functionArn = arn('cloudfront', `function/${name}`)
      return { ref: functionArn, attributes: { FunctionARN: functionArn } }
    },
  },
}

/** The property that names a resource of this type, if there is one. */
export function nameProperty(type: string): string | undefined {
  return identifiedTypes[type]?.nameProperty
}

/** Any other type is known by its name alone, and by an ARN that nothing here looks into. */
export function identify(
  type: string,
  name: string,
  properties: Readonly<Record<string, unknown>>,
  endpoints: Endpoints,
): Identity {
  const known = identifiedTypes[type]
  if (known !== undefined) return known.identify(name, properties, endpoints)
  const service = type.split('::')[1]?.toLowerCase() ?? 'custom'
  return { ref: name, attributes: { Arn: arn(service, name) } }
}

export function queueUrl(queueName: string, endpoints: Endpoints): string {
  return `${endpoints.aws}/000000000000/${queueName}`
}

function alphanumeric(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '')
}
