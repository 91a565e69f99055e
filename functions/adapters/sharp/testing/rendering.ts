import type { FocalPoint } from '@glowworm/events/image'
import type { RenditionFormat } from '@glowworm/events/vocabulary'
import type { PictureFacts, RenderedFile } from '../../../core/ports.ts'
import { planRenditions, type RenditionPlan } from '../../../core/rendition-plan.ts'
import { sharpRenderer } from '../sharp-renderer.ts'

export interface PlanOptions {
  readonly displaySizes?: readonly string[]
  readonly formats?: readonly RenditionFormat[]
  readonly focalPoint?: FocalPoint | null
  /** Leaves out the specs that do not match. */
  readonly only?: 'thumbnails' | 'variants'
}

export function planOf({
  displaySizes = [],
  formats = ['jpeg'],
  focalPoint = null,
  only,
}: PlanOptions = {}): RenditionPlan {
  const plan = planRenditions({ id: 'a'.repeat(64), focalPoint, displaySizes, formats })
  return only === undefined ? plan : { ...plan, specs: plan.specs.filter(({ stage }) => stage === only) }
}

export interface Rendered {
  /** As the sink was called: `picture`, or the name of a file. */
  readonly calls: readonly string[]
  readonly facts: PictureFacts | null
  readonly files: ReadonlyMap<string, RenderedFile>
  /** @throws if there is no such file */
  file(name: string): RenderedFile
}

export async function render(
  original: Uint8Array,
  plan: RenditionPlan | PlanOptions,
  options: { readonly concurrency?: number } = {},
): Promise<Rendered> {
  const calls: string[] = []
  const files = new Map<string, RenderedFile>()
  let facts: PictureFacts | null = null
  await sharpRenderer(options).render(original, 'specs' in plan ? plan : planOf(plan), {
    picture(known) {
      facts = known
      calls.push('picture')
    },
    async file(file) {
      files.set(file.spec.name, file)
      calls.push(file.spec.name)
    },
  })
  const file = (name: string) => {
    const found = files.get(name)
    if (found === undefined) throw new Error(`Expected a file ${name}, received ${[...files.keys()].join(', ')}`)
    return found
  }
  return { calls, facts, files, file }
}
