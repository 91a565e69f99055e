/** Builds everything that runs on this machine: functions, sharp layer, templates. */
import { buildFunctions } from './functions.ts'
import { buildSharpLayer } from './sharp-layer.ts'
import { synth } from './synth.ts'

const started = performance.now()
const [functions] = await Promise.all([buildFunctions(), buildSharpLayer({ platform: 'host' })])
await synth()
console.log(`Built ${functions.length} functions and their templates in ${Math.round(performance.now() - started)} ms`)
