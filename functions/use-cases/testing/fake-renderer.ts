import type { Renderer } from '../../core/ports.ts'
import { turn } from './turn.ts'

/**
 * Writes the name of each spec instead of pixels: thumbnails one after another, then the variants beside each other.
 * @param failure thrown when its spec's turn comes
 */
export function fakeRenderer(failure?: { readonly at: string; readonly error: Error }): Renderer & {
  readonly rendered: string[]
} {
  const rendered: string[] = []
  return {
    rendered,
    async render(_original, { specs }, sink) {
      const render = async (spec: (typeof specs)[number]) => {
        await turn()
        if (failure?.at === spec.name) throw failure.error
        rendered.push(spec.name)
        await sink.file({ spec, width: spec.width, height: spec.height, bytes: Buffer.from(spec.name) })
      }
      const thumbnails = specs.filter(({ stage }) => stage === 'thumbnails')
      if (thumbnails.length > 0) {
        sink.picture({ width: 40, height: 30, orientation: 1, dominantColor: '#112233', placeholder: 'AAAA' })
      }
      for (const spec of thumbnails) await render(spec)
      await Promise.all(specs.filter(({ stage }) => stage === 'variants').map(render))
    },
  }
}
