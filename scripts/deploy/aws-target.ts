import { Refusal } from '../console/refusal.ts'

/** Where AWS is: itself, as the user's own configuration says, or something that stands in for it. */
export interface AwsTarget {
  /** Null for AWS itself. Without a slash at the end. */
  readonly endpoint: string | null
  /** For clients of the SDK; can be sent to another process. */
  readonly config: {
    readonly region?: string
    readonly endpoint?: string
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  }
  /** For programs that speak to AWS, such as the CDK. */
  readonly environment: NodeJS.ProcessEnv
}

/** What an emulator gets to see: it takes any credentials, and real ones are never sent to one. */
const emulated = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
}

/** @param environment of this process: on AWS it says who one is, and in which region */
export function awsTarget(endpoint: string | undefined, environment: NodeJS.ProcessEnv): AwsTarget {
  if (endpoint === undefined) return { endpoint: null, config: {}, environment }
  const url = endpointUrl(endpoint)
  const { region, credentials } = emulated
  // Whatever names an account of one's own is left out, so that nothing can get there by mistake.
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('AWS_'))
  return {
    endpoint: url,
    config: { region, credentials, endpoint: url },
    environment: {
      ...Object.fromEntries(others),
      AWS_ENDPOINT_URL: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      // Or the CDK puts the bucket of its assets before a host name, which need not lead anywhere.
      CDK_S3_FORCE_PATH_STYLE: '1',
    },
  }
}

/**
 * For programs too, the region that was found and shown: the CDK also takes one, and a profile, from names that the SDK
 * does not know.
 */
export function inRegion(target: AwsTarget, region: string): AwsTarget {
  const environment: NodeJS.ProcessEnv = { ...target.environment, AWS_REGION: region }
  for (const name of namesOfTheCdkAlone) delete environment[name]
  return { ...target, config: { ...target.config, region }, environment }
}

const namesOfTheCdkAlone = ['AMAZON_REGION', 'AMAZON_DEFAULT_REGION', 'AWS_DEFAULT_REGION', 'AWS_DEFAULT_PROFILE']

/** By address and not as `localhost`: the SDK would make a host name of each bucket in front of it. */
function endpointUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search !== '') {
    throw new Refusal(`Expected --endpoint to be a URL such as http://127.0.0.1:4566, received ${text}.`)
  }
  if (url.hostname === 'localhost') url.hostname = '127.0.0.1'
  return url.origin
}
