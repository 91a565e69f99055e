/** A size that many displays have. */
export interface SizePreset {
  readonly name: string
  /** `WIDTHxHEIGHT`, as the settings have it. */
  readonly size: string
}

/** What is common, the most common first; each way up that it is hung. */
export const sizePresets: readonly SizePreset[] = [
  { name: 'Full HD, upright', size: '1080x1920' },
  { name: 'Full HD', size: '1920x1080' },
  { name: '4K, upright', size: '2160x3840' },
  { name: '4K', size: '3840x2160' },
  { name: 'Quad HD', size: '2560x1440' },
  { name: 'Square', size: '1080x1080' },
  { name: '10″ frame, upright', size: '800x1280' },
  { name: '10″ frame', size: '1280x800' },
  { name: '7″ frame', size: '1024x600' },
  { name: '7″ e-ink', size: '800x480' },
  { name: '13″ e-ink, upright', size: '1200x1600' },
  { name: '13″ e-ink', size: '1600x1200' },
  { name: 'Tablet, upright', size: '1536x2048' },
  { name: 'Tablet', size: '2048x1536' },
  { name: 'Portrait frame', size: '1038x1278' },
]

const nameBySize = new Map(sizePresets.map(({ name, size }) => [size, name]))

/** A name that people know it by: that of a preset, or which way up it is. */
export function nameOf(size: string): string {
  const { width, height } = sidesOf(size)
  const shape = width === height ? 'Square' : width > height ? 'Landscape' : 'Portrait'
  return nameBySize.get(size) ?? shape
}

export function sidesOf(size: string): { readonly width: number; readonly height: number } {
  const [width = 0, height = 0] = size.split('x').map(Number)
  return { width, height }
}

/** `1080 × 1920` */
export const inWords = (size: string): string => size.replace('x', ' × ')
