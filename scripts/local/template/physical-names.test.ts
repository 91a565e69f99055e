import { expect, it } from 'vitest'
import { physicalNames } from './physical-names.ts'

function namesOf(...logicalIds: string[]): readonly string[] {
  return [...physicalNames(logicalIds.map((logicalId) => ({ stackName: 'Glowworm-Api', logicalId }))).values()]
}

it.each([
  ['ImagesTable0B1F2A3C', 'glowworm-images'],
  ['Originals8C3EF6C5', 'glowworm-originals'],
  ['UploadImageFunctionFA12BC34', 'glowworm-upload-image'],
  ['GlowwormHighQueueDLQ01234567', 'glowworm-high-queue-dlq'],
  ['HttpApi', 'glowworm-http-api'],
  ['Table0B1F2A3C', 'glowworm-table'],
])('makes a readable name of %s', (logicalId, name) => {
  expect(namesOf(logicalId)).toEqual([name])
})

it('keeps apart what would share a name', () => {
  expect(namesOf('Images11111111', 'ImagesTable22222222', 'Tickets33333333')).toEqual([
    'glowworm-glowworm-api-images11111111',
    'glowworm-glowworm-api-images-table22222222',
    'glowworm-tickets',
  ])
})

it('keeps apart equal ids of two stacks', () => {
  const names = physicalNames([
    { stackName: 'A', logicalId: 'Alarm0B1F2A3C' },
    { stackName: 'B', logicalId: 'Alarm0B1F2A3C' },
  ])
  expect(new Set(names.values()).size).toBe(2)
})
