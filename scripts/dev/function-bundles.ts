import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type BuildContext, type BuildFailure, context, formatMessages, type OutputFile } from 'esbuild'
import { bundling, handlerNames } from '../build/functions.ts'
import { Refusal } from '../console/refusal.ts'

const root = join(import.meta.dirname, '..', '..')

/** A source that cannot be bundled; the message says which, where and why, for a terminal. */
export class SourceBroken extends Refusal {
  override readonly name = 'SourceBroken'
}

/**
 * The bundles of all handlers, kept current: `{outdir}/{name}/index.mjs`. Unlike those that are deployed they share what
 * they have in common, in `{outdir}/shared`, so that a change of what all use is bundled once and not for each of them.
 */
export class FunctionBundles {
  readonly #handlers: string
  readonly #outdir: string
  #bundler: {
    readonly names: readonly string[]
    readonly context: BuildContext<{ write: false; metafile: true }>
  } | null = null
  /** Absolute paths of all files that are bundled; null while that is not known. */
  #sources: ReadonlySet<string> | null = null
  /** esbuild's hash of what was last written to a path. */
  readonly #written = new Map<string, string>()

  /** @param handlers folder with one handler per file */
  constructor(handlers: string, outdir: string) {
    this.#handlers = handlers
    this.#outdir = outdir
  }

  folderOf(functionName: string): string {
    return join(this.#outdir, functionName)
  }

  /** Whether a change of this file could change a bundle. */
  concerns(file: string): boolean {
    return this.#sources === null || this.#sources.has(file) || dirname(file) === this.#handlers
  }

  /**
   * Bundles what has changed since the last time.
   * @returns the functions whose code is another now
   * @throws SourceBroken; what was bundled before is still there
   */
  async refresh(): Promise<readonly string[]> {
    const names = await handlerNames(this.#handlers)
    if (this.#bundler?.names.join() !== names.join()) {
      await this.#bundler?.context.dispose()
      if (this.#bundler === null) await rm(this.#outdir, { recursive: true, force: true })
      this.#bundler = { names, context: await context(this.#options(names)) }
    }
    this.#sources = null
    const { metafile, outputFiles } = await this.#bundler.context.rebuild().catch(async (failure: BuildFailure) => {
      throw new SourceBroken((await formatMessages(failure.errors, { kind: 'error', color: true })).join('').trim())
    })
    this.#sources = new Set(Object.keys(metafile.inputs).map((path) => join(root, path)))
    return this.#write(outputFiles)
  }

  async close(): Promise<void> {
    await this.#bundler?.context.dispose()
  }

  #options(names: readonly string[]) {
    return {
      ...bundling(this.#handlers, names, this.#outdir),
      splitting: true,
      chunkNames: 'shared/[hash]',
      metafile: true,
      write: false,
    } as const
  }

  /** What is shared first; an execution environment that starts meanwhile finds all of the old code or all of the new. */
  async #write(files: readonly OutputFile[]): Promise<readonly string[]> {
    const changed = files.filter(({ path, hash }) => this.#written.get(path) !== hash)
    const isEntry = ({ path }: OutputFile) => basename(path) === 'index.mjs'
    for (const file of [...changed.filter((one) => !isEntry(one)), ...changed.filter(isEntry)]) {
      await mkdir(dirname(file.path), { recursive: true })
      await writeFile(`${file.path}.new`, file.contents)
      await rename(`${file.path}.new`, file.path)
      this.#written.set(file.path, file.hash)
    }
    return changed.filter(isEntry).map(({ path }) => basename(dirname(path)))
  }
}
