/**
 * Bundles every Lambda function: `functions/handlers/{name}.ts` → `build/functions/{name}/index.mjs`. The same sources
 * give the same bytes, so that a function which did not change keeps its asset hash and is not deployed again.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type BuildOptions, build, stop } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')

export interface BuiltFunction {
  readonly name: string
  /** Of `index.mjs`. */
  readonly bytes: number
}

export interface BuildFunctionsOptions {
  /** Folder with one handler per file. */
  readonly handlers?: string
  /** Folder that will hold one folder per function, and nothing else. */
  readonly outdir?: string
}

/** @throws Error of esbuild, which names file, line and reason, when a handler cannot be bundled. */
export async function buildFunctions(options: BuildFunctionsOptions = {}): Promise<readonly BuiltFunction[]> {
  const { handlers = join(root, 'functions', 'handlers'), outdir = join(root, 'build', 'functions') } = options
  const names = await handlerNames(handlers)
  await removeOthers(outdir, names)
  try {
    const { metafile } = await build({ ...bundling(handlers, names, outdir), minify: true })
    const outputs = Object.entries(metafile.outputs).map(([path, { bytes }]) => [join(root, path), bytes] as const)
    const bytesOf = new Map(outputs)
    return names.map((name) => ({ name, bytes: bytesOf.get(join(outdir, name, 'index.mjs')) ?? 0 }))
  } finally {
    // Its helper process would keep the memory of the whole build, about 1 GB, for as long as this process runs.
    await stop()
  }
}

/** How handlers become bundles: `{outdir}/{name}/index.mjs`. */
export function bundling(handlers: string, names: readonly string[], outdir: string) {
  return {
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: join(handlers, `${name}.ts`), out: `${name}/index` })),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    // What has both is taken as ES modules, of which only the used parts are bundled; esbuild's default is CommonJS.
    mainFields: ['module', 'main'],
    format: 'esm',
    sourcemap: true,
    // A stack trace needs positions only, and without the sources a function starts faster.
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    // What is CommonJS in the bundle still requires Node's own modules.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  } as const satisfies BuildOptions
}

export async function handlerNames(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder)
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => basename(file, '.ts'))
    .sort()
}

/** A handler that is gone must not be deployed once more from what an earlier build left. */
async function removeOthers(outdir: string, names: readonly string[]): Promise<void> {
  await mkdir(outdir, { recursive: true })
  const left = (await readdir(outdir)).filter((entry) => !names.includes(entry))
  await Promise.all(left.map((entry) => rm(join(outdir, entry), { recursive: true })))
}

if (import.meta.main) {
  const started = performance.now()
  const built = await buildFunctions()
  console.table(Object.fromEntries(built.map(({ name, bytes }) => [name, { KiB: Math.ceil(bytes / 1024) }])))
  console.log(`${built.length} functions in ${Math.round(performance.now() - started)} ms`)
}
