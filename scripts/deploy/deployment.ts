import {
  type CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation'
import { z } from 'zod'

/** The stacks of the app, in the order in which they depend on one another. */
export const stackNames = ['storage', 'processing', 'api', 'site', 'monitoring'] as const
export type StackName = (typeof stackNames)[number]

/** As CloudFormation knows it. */
export const stackId = (stage: string, name: StackName): string => `glowworm-${stage}-${name}`

const outputs = z.object({
  ApiUrl: z.url(),
  WebSocketUrl: z.url(),
  OriginalsBucketName: z.string(),
  RenditionsBucketName: z.string(),
  UserPoolId: z.string(),
  /** Of the site, which not every emulator can have. */
  SiteUrl: z.url().optional(),
  DistributionDomainName: z.string().optional(),
  SiteBucketName: z.string().optional(),
  DistributionId: z.string().optional(),
  /** In AWS's console. */
  DashboardUrl: z.url().optional(),
})
/** What the stacks of a stage say of themselves. */
export type Deployment = z.output<typeof outputs>

/** @returns null where that stage is not deployed, or not whole */
export async function findDeployment(client: CloudFormationClient, stage: string): Promise<Deployment | null> {
  const found = await Promise.all(stackNames.map((name) => outputsOf(client, stackId(stage, name))))
  return outputs.safeParse(Object.assign({}, ...found)).data ?? null
}

async function outputsOf(client: CloudFormationClient, stack: string): Promise<Record<string, string>> {
  try {
    const { Stacks: [described] = [] } = await client.send(new DescribeStacksCommand({ StackName: stack }))
    return Object.fromEntries((described?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]))
  } catch (error) {
    if (isMissingStack(error)) return {}
    throw error
  }
}

/** A resource of a stack, as CloudFormation names it. */
export interface DeployedResource {
  readonly type: string
  /** Name within the template. */
  readonly logicalId: string
  /** Name or id within its service; the URL of a queue. */
  readonly id: string
}

export async function stackResources(
  client: CloudFormationClient,
  StackName: string,
): Promise<readonly DeployedResource[]> {
  const resources: DeployedResource[] = []
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName })) {
    for (const { ResourceType: type, LogicalResourceId: logicalId, PhysicalResourceId: id } of StackResourceSummaries) {
      if (type !== undefined && logicalId !== undefined && id !== undefined) resources.push({ type, logicalId, id })
    }
  }
  return resources
}

/** CloudFormation has no error of its own for a stack that does not exist. */
export function isMissingStack(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message)
}
