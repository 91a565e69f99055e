import { join } from 'node:path'
import { Code } from 'aws-cdk-lib/aws-lambda'

/** Where the code of functions and layers comes from; everything is built before synthesis. */
export interface Artifacts {
  functionCode(name: string): Code
  layerCode(name: string): Code
}

/** What `scripts/build` leaves in `build/`, unless it lies elsewhere. */
export function builtArtifacts(
  root: string,
  functions = join(root, 'build', 'functions'),
  layers = join(root, 'build', 'layers'),
): Artifacts {
  return {
    functionCode: (name) => Code.fromAsset(join(functions, name)),
    layerCode: (name) => Code.fromAsset(join(layers, name)),
  }
}
