import { type ImageHeader, readImageHeader } from '../read-image-header.ts'
import { CountingSource } from './counting-source.ts'

export const readBytes = (bytes: Uint8Array): Promise<ImageHeader> => readImageHeader(new CountingSource(bytes))
