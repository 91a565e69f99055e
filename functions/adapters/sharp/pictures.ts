import type { ProcessingStage } from '@glowworm/events/vocabulary'
import type { Size } from '../../core/image-header/picture-header.ts'
import type { RenditionPlan, RenditionSpec } from '../../core/rendition-plan.ts'
import { type Framing, frame } from './framing.ts'

/** What is drawn once, and then encoded in one or several formats. */
export interface Picture {
  readonly framing: Framing
  readonly specs: readonly RenditionSpec[]
  /** In pixels: what drawing and encoding it costs. */
  readonly area: number
}

/** The pictures of a stage, those of the largest scale first. */
export function picturesOf(plan: RenditionPlan, stage: ProcessingStage, upright: Size): readonly Picture[] {
  const ofStage = plan.specs.filter((spec) => spec.stage === stage)
  return [...Map.groupBy(ofStage, ({ width, height, fit }) => `${fit} ${width}x${height}`).values()]
    .map((specs): Picture => {
      const framing = frame(specs[0] as RenditionSpec, upright, plan.focalPoint)
      const { width, height } = framing.window ?? framing.field
      return { framing, specs, area: width * height }
    })
    .sort((a, b) => b.framing.scale - a.framing.scale)
}
