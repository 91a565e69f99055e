/**
 * Whether an ICC profile says what sRGB says, so that converting is a waste: same primaries, same tone curve, within
 * half a step of 8 bits. Names are no help; there are dozens, and some lie.
 */
export function isSrgbProfile(icc: Uint8Array): boolean {
  try {
    const profile = new Profile(icc)
    return (
      profile.colourSpace === 'RGB ' &&
      // Lookup tables override primaries and curves.
      !profile.has('A2B0') &&
      primaries.every(([tag, xyz]) => xyz.every((value, axis) => near(profile.xyz(tag)[axis], value, 0.003))) &&
      ['rTRC', 'gTRC', 'bTRC'].every((tag) => isSrgbCurve(profile.curve(tag)))
    )
  } catch (error) {
    // A DataView throws RangeError past its end: a profile so broken is not known to be sRGB.
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Of sRGB, adapted to D50 as profiles are. */
const primaries: readonly [tag: string, xyz: readonly [number, number, number]][] = [
  ['rXYZ', [0.436, 0.2225, 0.0139]],
  ['gXYZ', [0.3851, 0.7169, 0.0971]],
  ['bXYZ', [0.1431, 0.0606, 0.7141]],
]

const near = (value: number | undefined, expected: number, tolerance: number): boolean =>
  value !== undefined && Math.abs(value - expected) <= tolerance

type Curve = (encoded: number) => number

const srgbCurve: Curve = (encoded) => (encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4)

const isSrgbCurve = (curve: Curve | null): boolean =>
  curve !== null && [0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.95].every((x) => near(curve(x), srgbCurve(x), 0.002))

/** The few tags of an ICC profile that matter here. Reading past the end throws a RangeError. */
class Profile {
  readonly colourSpace: string
  readonly #view: DataView
  readonly #tags = new Map<string, number>()

  constructor(icc: Uint8Array) {
    this.#view = new DataView(icc.buffer, icc.byteOffset, icc.byteLength)
    this.colourSpace = this.#text(16)
    const count = this.#view.getUint32(128)
    for (let tag = 0; tag < count; tag++) {
      const entry = 132 + 12 * tag
      this.#tags.set(this.#text(entry), this.#view.getUint32(entry + 4))
    }
  }

  has(tag: string): boolean {
    return this.#tags.has(tag)
  }

  xyz(tag: string): readonly number[] {
    const at = this.#tags.get(tag)
    return at === undefined ? [] : [8, 12, 16].map((offset) => this.#fixed(at + offset))
  }

  /** Null for a curve of another kind than those in which sRGB is written. */
  curve(tag: string): Curve | null {
    const at = this.#tags.get(tag)
    if (at === undefined) return null
    return this.#text(at) === 'para' ? this.#parametric(at) : this.#sampled(at)
  }

  #parametric(at: number): Curve | null {
    if (this.#view.getUint16(at + 8) !== 3) return null
    const parameter = (index: number) => this.#fixed(at + 12 + 4 * index)
    const [gamma, a, b, c, threshold] = [parameter(0), parameter(1), parameter(2), parameter(3), parameter(4)]
    return (x) => (x >= threshold ? (a * x + b) ** gamma : c * x)
  }

  #sampled(at: number): Curve | null {
    const samples = this.#view.getUint32(at + 8)
    // None is linear, one a plain gamma.
    if (samples < 2) return null
    const sample = (index: number) => this.#view.getUint16(at + 12 + 2 * index) / 65_535
    return (x) => {
      const position = x * (samples - 1)
      const below = Math.min(samples - 2, Math.floor(position))
      return sample(below) + (sample(below + 1) - sample(below)) * (position - below)
    }
  }

  #fixed(at: number): number {
    return this.#view.getInt32(at) / 65_536
  }

  #text(at: number): string {
    return String.fromCharCode(...[0, 1, 2, 3].map((index) => this.#view.getUint8(at + index)))
  }
}
