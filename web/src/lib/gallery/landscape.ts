/**
 * Landscapes of our own making, for demonstrations: nobody's photo, nobody's consent to ask for. The same number gives
 * the same picture.
 */

interface Palette {
  readonly sky: readonly [top: string, middle: string, horizon: string]
  readonly light: string
  readonly near: string
  readonly isNight: boolean
}

const palettes: readonly Palette[] = [
  { sky: ['#1b2a49', '#7a5d7e', '#f6b17a'], light: '#fff0d0', near: '#1a1526', isNight: false },
  { sky: ['#4a90c4', '#9fc9e0', '#f3ead3'], light: '#fffdf2', near: '#1f3a34', isNight: false },
  { sky: ['#060b1f', '#12234a', '#2f5470'], light: '#eef4ff', near: '#04070f', isNight: true },
  { sky: ['#3c1642', '#c04a6b', '#ffb88c'], light: '#fff3d6', near: '#1d0b24', isNight: false },
  { sky: ['#0a1a14', '#1d4234', '#6d8f5a'], light: '#f4ffd8', near: '#050d09', isNight: true },
  { sky: ['#8fb8c9', '#cfdfe0', '#f7efe3'], light: '#ffffff', near: '#3a4a55', isNight: false },
]

/** Mulberry32: small, repeatable, and random enough for hills. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Heights of a ridge by midpoint displacement: rough like a mountain for a high `roughness`, soft like a dune for a low one. */
function ridge(random: () => number, roughness: number): readonly number[] {
  let heights = [random(), random()]
  for (let spread = 0.5, depth = 0; depth < 8; depth++, spread *= roughness) {
    heights = heights.flatMap((height, index) => {
      const next = heights[index + 1]
      return next === undefined ? [height] : [height, (height + next) / 2 + (random() - 0.5) * spread]
    })
  }
  return heights
}

function mix(from: string, to: string, share: number): string {
  const channel = (color: string, at: number) => Number.parseInt(color.slice(at, at + 2), 16)
  const mixed = [1, 3, 5].map((at) => Math.round(channel(from, at) * (1 - share) + channel(to, at) * share))
  return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** An SVG document of `width` × `height` user units. */
export function landscape(number: number, width: number, height: number): string {
  const random = randomFrom(number * 7919 + 17)
  const palette = palettes[number % palettes.length]
  if (palette === undefined) throw new Error('Expected a palette')
  const [top, middle, horizon] = palette.sky
  const lightX = width * (0.15 + 0.7 * random())
  const lightY = height * (0.18 + 0.25 * random())
  const lightSize = Math.min(width, height) * (palette.isNight ? 0.035 : 0.06)

  const stars = palette.isNight
    ? Array.from({ length: 420 }, () => {
        const size = 0.4 + 1.8 * random() ** 3
        const [x, y] = [random() * width, random() ** 1.4 * height * 0.6]
        return `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${((size * width) / 2400).toFixed(2)}" fill="#fff" opacity="${(0.35 + 0.65 * random()).toFixed(2)}"/>`
      }).join('')
    : ''

  const layers = 6
  const roughness = 0.42 + 0.14 * random()
  const hills = Array.from({ length: layers }, (_, layer) => {
    const depth = (layer + 1) / layers
    const base = height * (0.46 + 0.48 * depth ** 1.25)
    const rise = height * (0.24 - 0.12 * depth)
    const heights = ridge(random, roughness - 0.1 * depth)
    const points = heights.map((value, index) => {
      const x = (index / (heights.length - 1)) * width
      return `${x.toFixed(0)},${(base - value * rise).toFixed(0)}`
    })
    return `<polygon points="0,${height} ${points.join(' ')} ${width},${height}" fill="${mix(horizon, palette.near, depth ** 0.8)}"/>`
  }).join('')

  // What the project is named after.
  const glows = Array.from({ length: palette.isNight ? 26 : 9 }, () => {
    const [x, y, size] = [random() * width, height * (0.78 + 0.2 * random()), (0.004 + 0.007 * random()) * height]
    return `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${(size * 3).toFixed(1)}" fill="url(#glow)"/>`
  }).join('')

  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<defs>
<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${top}"/><stop offset=".45" stop-color="${middle}"/><stop offset=".75" stop-color="${horizon}"/></linearGradient>
<radialGradient id="halo"><stop offset="0" stop-color="${palette.light}" stop-opacity=".75"/><stop offset="1" stop-color="${palette.light}" stop-opacity="0"/></radialGradient>
<radialGradient id="glow"><stop offset="0" stop-color="#f4ffb0"/><stop offset=".25" stop-color="#d4f54a" stop-opacity=".8"/><stop offset="1" stop-color="#c6f135" stop-opacity="0"/></radialGradient>
</defs>
<rect width="${width}" height="${height}" fill="url(#sky)"/>${stars}
<circle cx="${lightX}" cy="${lightY}" r="${lightSize * 6}" fill="url(#halo)"/>
<circle cx="${lightX}" cy="${lightY}" r="${lightSize}" fill="${palette.light}"/>
${hills}${glows}
</svg>`
}
