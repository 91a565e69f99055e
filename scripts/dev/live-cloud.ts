import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { synth } from '../build/synth.ts'
import type { CloudOptions } from '../console/cloud-options.ts'
import { explain } from '../console/refusal.ts'
import { fail, runCloud, say, seconds } from '../console/run-cloud.ts'
import type { LocalCloud } from '../local/cloud.ts'
import type { SiteOrigin } from '../local/gateway/site-files.ts'
import type { Running } from '../local/model.ts'
import { readCloudModel } from '../local/template/read-cloud-model.ts'
import type { FunctionBundles } from './function-bundles.ts'
import { watchSources } from './source-watch.ts'

export interface LiveCloudOptions extends CloudOptions {
  /** Of the checkout. */
  readonly root: string
  readonly bundles: FunctionBundles
  readonly site: SiteOrigin & Running
}

/** Where the templates lie whose functions are the bundles of development. */
const cdkOutOf = (root: string) => join(root, 'build', 'dev', 'cdk.out')

export function synthInPlace(root: string, { useQueue }: Pick<CloudOptions, 'useQueue'>) {
  return synth({ useQueue, outdir: cdkOutOf(root), functionsInPlace: join(root, 'build', 'dev', 'functions') })
}

/**
 * The local cloud, kept at what the sources say: functions change under it, and a template that asks for something else
 * starts it again. What is broken is told, and what ran before runs on.
 */
export class LiveCloud implements Running {
  readonly #options: LiveCloudOptions
  #cloud: LocalCloud
  #watch: Running | null = null

  private constructor(options: LiveCloudOptions, cloud: LocalCloud) {
    this.#options = options
    this.#cloud = cloud
  }

  static async start(options: LiveCloudOptions): Promise<LiveCloud> {
    const { root, site } = options
    const live = new LiveCloud(options, await runCloud({ ...options, cdkOut: cdkOutOf(root), site }))
    const watched = ['functions', 'events', 'infra', 'cdk.json', 'package-lock.json', 'scripts']
    live.#watch = await watchSources(
      watched.map((path) => join(root, path)),
      (files) => live.#follow(files),
    )
    return live
  }

  get cloud(): LocalCloud {
    return this.#cloud
  }

  running(): Readonly<Record<string, number>> {
    return this.#cloud.running()
  }

  async stop(): Promise<void> {
    await this.#watch?.stop()
    await this.#cloud.stop()
    await this.#options.site.stop()
    await this.#options.bundles.close()
  }

  async #follow(files: ReadonlySet<string>): Promise<void> {
    const { root, bundles } = this.#options
    const isIn = (...folders: string[]) =>
      [...files].some((file) => folders.some((one) => file.startsWith(join(root, one))))
    try {
      if ([...files].some((file) => bundles.concerns(file))) await this.#renewFunctions()
      if (isIn('infra', 'cdk.json', 'events')) await this.#renewTemplates()
      if (isIn('scripts/local', 'scripts/dev', 'scripts/console', 'package-lock.json')) {
        say('The local cloud itself has changed: start `npm run dev` again to run that.')
      }
    } catch (error) {
      say(`${explain(error)}\nWhat ran before runs on.`)
    }
  }

  async #renewFunctions(): Promise<void> {
    const { bundles } = this.#options
    const started = performance.now()
    const names = await bundles.refresh()
    const changed = new Set(names.map((name) => bundles.folderOf(name)))
    for (const { name, codeDirectory } of this.#cloud.model.functions) {
      if (changed.has(codeDirectory)) this.#cloud.replaceCode(name)
    }
    if (names.length === 0) return
    const which = names.length > 3 ? `${names.length} functions` : names.join(', ')
    say(`live: ${which} (${seconds(performance.now() - started)})`)
  }

  async #renewTemplates(): Promise<void> {
    const { root } = this.#options
    const started = performance.now()
    await synthInPlace(root, this.#options)
    const { facts, model } = this.#cloud
    const next = await readCloudModel(cdkOutOf(root), { aws: facts.endpoints.s3, frontDoor: facts.url })
    if (isDeepStrictEqual(next, model)) return
    say('The templates ask for something else: the local cloud starts again …')
    await this.#cloud.stop()
    const port = Number(new URL(facts.url).port)
    // Here nothing runs any more that could run on.
    this.#cloud = await runCloud({ ...this.#options, cdkOut: cdkOutOf(root), port, reset: false }).catch(fail)
    say(`live: templates (${seconds(performance.now() - started)})`)
  }
}
