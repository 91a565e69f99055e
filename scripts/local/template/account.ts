/** Where everything of this local cloud lives, as ARNs and pseudo parameters say it. */
export const region = 'us-east-1'
export const accountId = '000000000000'
export const partition = 'aws'
export const urlSuffix = 'amazonaws.com'

/** `arn:aws:sqs:us-east-1:000000000000:name` */
export function arn(service: string, resource: string): string {
  return `arn:${partition}:${service}:${region}:${accountId}:${resource}`
}
