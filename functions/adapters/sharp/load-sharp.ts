import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import type Sharp from 'sharp'

/**
 * In the cloud sharp comes from a Lambda layer: it lies in /opt/nodejs, which is found through NODE_PATH, and imports of
 * ES modules do not follow NODE_PATH. `require` does.
 */
export const sharp = createRequire(import.meta.url)('sharp') as typeof Sharp

/** What there is to share; sharp runs on libuv's pool, which has four threads. */
export const cores = Math.min(availableParallelism(), 4)

sharp.simd(true)
// Nothing is ever read twice from a cache: it would only hold memory between pictures.
sharp.cache(false)
// Of libvips' many loaders only those of the formats that are accepted, and only from memory. The rest is more code
// than anybody has fuzzed, and reads files and addresses that a picture names.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Tiff', 'Heif'].map((loader) => `VipsForeignLoad${loader}Buffer`),
})
