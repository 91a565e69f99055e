/**
 * Bundles every Lambda function: `functions/handlers/{name}.ts` → `build/functions/{name}/index.mjs`. The same sources
 * give the same bytes, so that a function which did not change keeps its asset hash and is not deployed again.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type BuildOptions, build, stop } from 'esbuild'

const root = join(import.meta.dirname, '..', '..')
const defaultOutdir = join(root, 'build', 'functions')

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
  /** In bytes. */
  readonly largest?: number
}

/**
 * Of `index.mjs`. What is not there is neither fetched nor parsed at a cold start; the source map beside it is
 * read only for a stack trace.
 */
export const largestBundle = 1_000_000

/**
 * @throws Error of esbuild, which names file, line and reason, when a handler cannot be bundled; or one that names the
 * bundles that are too large, and what they consist of
 */
export async function buildFunctions(options: BuildFunctionsOptions = {}): Promise<readonly BuiltFunction[]> {
  const { handlers = join(root, 'functions', 'handlers'), outdir = defaultOutdir, largest = largestBundle } = options
  const names = await handlerNames(handlers)
  await removeOthers(outdir, names)
  try {
    const { metafile } = await build({ ...bundling(handlers, names, outdir), minify: true })
    const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [join(root, path), output]))
    const built = names.map((name) => {
      const { bytes = 0, inputs = {} } = outputs.get(join(outdir, name, 'index.mjs')) ?? {}
      return { name, bytes, inputs }
    })
    const tooLarge = built.filter(({ bytes }) => bytes > largest)
    if (tooLarge.length > 0) throw new Error(complaint(tooLarge, largest))
    return built.map(({ name, bytes }) => ({ name, bytes }))
  } finally {
    // Its helper process would keep the memory of the whole build, about 1 GB, for as long as this process runs.
    await stop()
  }
}

/** Of what was built. */
export async function bundleSizes(outdir = defaultOutdir): Promise<readonly BuiltFunction[]> {
  const names = await readdir(outdir)
  return Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(outdir, name, 'index.mjs'))).size })))
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
    // A module that waits while it loads cannot be required, and its errors come before any handler could answer them.
    supported: { 'top-level-await': false },
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

interface MeasuredBundle extends BuiltFunction {
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>
}

function complaint(tooLarge: readonly MeasuredBundle[], largest: number): string {
  const lines = tooLarge.map(({ name, bytes, inputs }) => {
    const byPackage = new Map<string, number>()
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const from = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'our own code'
      byPackage.set(from, (byPackage.get(from) ?? 0) + bytesInOutput)
    }
    const most = [...byPackage].sort(([, a], [, b]) => b - a).slice(0, 5)
    return `${name}: ${bytes}, of which ${most.map(([from, size]) => `${from} ${size}`).join(', ')}`
  })
  return `Expected bundles of at most ${largest} bytes:\n${lines.join('\n')}`
}

if (import.meta.main) {
  const started = performance.now()
  const built = await buildFunctions()
  console.table(Object.fromEntries(built.map(({ name, bytes }) => [name, { kB: Math.ceil(bytes / 1000) }])))
  console.log(`${built.length} functions in ${Math.round(performance.now() - started)} ms`)
}
