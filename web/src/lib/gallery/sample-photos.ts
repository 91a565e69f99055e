import { landscape } from './landscape.ts'

const names = [
  'Dusk over the hills',
  'A clear morning',
  'Under the stars',
  'Violet evening',
  'The green hour',
  'Mist in the valley',
  'Last light',
  'High summer',
  'Fireflies at night',
  'Red sky',
  'Glow-worm meadow',
  'First snow',
]

/** Photos to try things out with, drawn here and now: nothing is fetched, and nobody's consent is to be asked for. */
export async function drawSamplePhotos(): Promise<readonly File[]> {
  const files: File[] = []
  for (const [number, name] of names.entries()) {
    const [width, height] = number % 4 === 3 ? [1600, 2400] : [2400, 1600]
    files.push(await drawn(landscape(number, width, height), width, height, `${name}.jpg`))
  }
  return files
}

async function drawn(svg: string, width: number, height: number, name: string): Promise<File> {
  const picture = new Image(width, height)
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    picture.src = url
    await picture.decode()
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    canvas.getContext('2d')?.drawImage(picture, 0, 0, width, height)
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.9))
    if (blob === null) throw new Error('This browser cannot make pictures.')
    return new File([blob], name, { type: 'image/jpeg' })
  } finally {
    URL.revokeObjectURL(url)
  }
}
