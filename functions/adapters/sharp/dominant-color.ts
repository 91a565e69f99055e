/** `#rrggbb`: the mean of the commonest kind of colour, weighted by opacity; white where nothing is opaque. */
export function dominantColor(rgba: Uint8Array): string {
  const pixels = pixelsOf(rgba)
  const weights = new Map<number, number>()
  for (const pixel of pixels) weights.set(kindOf(pixel), (weights.get(kindOf(pixel)) ?? 0) + pixel.alpha)
  const [kind, weight] = [...weights].reduce((a, b) => (b[1] > a[1] ? b : a), [-1, 0])
  if (weight === 0) return '#ffffff'
  const alike = pixels.filter((pixel) => kindOf(pixel) === kind)
  const mean = (channel: 'red' | 'green' | 'blue') =>
    Math.round(alike.reduce((sum, pixel) => sum + pixel[channel] * pixel.alpha, 0) / weight)
  return `#${[mean('red'), mean('green'), mean('blue')].map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

interface Pixel {
  readonly red: number
  readonly green: number
  readonly blue: number
  readonly alpha: number
}

function pixelsOf(rgba: Uint8Array): readonly Pixel[] {
  const view = new DataView(rgba.buffer, rgba.byteOffset, rgba.byteLength)
  return Array.from({ length: rgba.length / 4 }, (_, index) => ({
    red: view.getUint8(4 * index),
    green: view.getUint8(4 * index + 1),
    blue: view.getUint8(4 * index + 2),
    alpha: view.getUint8(4 * index + 3),
  }))
}

/** Colours that agree in the four highest bits of each channel count as one. */
const kindOf = ({ red, green, blue }: Pixel): number => ((red >> 4) << 8) | (green & 0xf0) | (blue >> 4)
