import { join } from 'node:path'
import { App } from 'aws-cdk-lib/core'
import cdkJson from '../cdk.json' with { type: 'json' }
import { builtArtifacts } from './artifacts.ts'
import { addGlowworm } from './glowworm.ts'

const root = join(import.meta.dirname, '..')

// The CLI passes the context of cdk.json and an output directory; run by itself, this program does the same, so that
// both give one and the same template.
const app = new App({ outdir: process.env.CDK_OUTDIR ?? join(root, cdkJson.output), context: cdkJson.context })
addGlowworm(app, builtArtifacts(root, app.node.tryGetContext('functions'), app.node.tryGetContext('layers')))
app.synth()
