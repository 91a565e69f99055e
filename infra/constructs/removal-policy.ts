import { RemovalPolicy } from 'aws-cdk-lib/core'
import type { StageConfig } from '../config.ts'

/**
 * What becomes of a thing that holds data when its stack lets it go. Where data is retained, a thing whose creation is
 * rolled back is deleted nevertheless, unless it is protected from that: it is empty, and nothing would name it any more.
 */
export const removalPolicy = ({ retainData }: StageConfig): RemovalPolicy =>
  retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY
