import { realpathSync } from 'node:fs'
import { createRequire, isBuiltin, registerHooks } from 'node:module'
import { join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * Lets code in `taskRoot` and in the layers (folders holding packages, as in NODE_PATH) import packages from these
 * places only, the layers also by `import`, as Lambda's runtime does. Node alone would go on searching in the folders
 * above, find the repository's packages, and hide what a deployed function is missing. `@aws-sdk/*` may come from
 * anywhere: the deployed runtime has it.
 */
export function isolateModules(taskRoot: string, layers: readonly string[]): void {
  const roots = [taskRoot, ...layers].map((folder) => realpathSync(folder) + sep)
  const isInside = (url: string) => url.startsWith('file:') && roots.some((root) => fileURLToPath(url).startsWith(root))
  const layerParents = layers.map((layer) => join(layer, 'resolve-from-here.js'))

  registerHooks({
    resolve(specifier, context, nextResolve) {
      const isPackage = /^[^./#:\\]+[^:]*$/.test(specifier) && !isBuiltin(specifier)
      if (!isPackage || context.parentURL === undefined || !isInside(context.parentURL)) {
        return nextResolve(specifier, context)
      }
      const byImport = context.conditions.includes('import')
      const attempts = [
        () => nextResolve(specifier, context),
        // A layer is asked in the caller's own manner: packages may answer import and require with different files.
        ...layerParents.map((parent) => () => {
          const parentURL = pathToFileURL(parent).href
          if (byImport) return nextResolve(specifier, { ...context, parentURL })
          if (context.parentURL === parentURL) throw missing(specifier, context.parentURL, byImport)
          return { url: pathToFileURL(createRequire(parent).resolve(specifier)).href, shortCircuit: true }
        }),
      ]
      for (const attempt of attempts) {
        try {
          const resolved = attempt()
          if (isInside(resolved.url) || specifier.startsWith('@aws-sdk/')) return resolved
        } catch (error) {
          if (!isMissing(error)) throw error
        }
      }
      throw missing(specifier, context.parentURL, byImport)
    },
  })
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}

function missing(specifier: string, parentUrl: string, byImport: boolean): Error {
  const message =
    `Cannot find package '${specifier}' imported from ${fileURLToPath(parentUrl)}: it is neither in the function's ` +
    'bundle nor in a layer, so the deployed function would not find it either. Bundle it, or add a layer that has it.'
  return Object.assign(new Error(message), { code: byImport ? 'ERR_MODULE_NOT_FOUND' : 'MODULE_NOT_FOUND' })
}
