import { defineConfig } from 'vitest/config'
import { blackBox, emulatorsOnly, endpointOnly } from '../support/black-box.ts'

const everywhere = blackBox.map((file) => `tests/e2e/${file}`)
const atEmulators = [
  ...Object.keys(emulatorsOnly).map((file) => `tests/e2e/${file}`),
  ...Object.keys(endpointOnly).map((file) => `tests/endpoint/${file}`),
]

/** The end-to-end tests that ask nothing of what they test but its API, against what is deployed: `npm run e2e`. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    name: 'deployed',
    include: [...everywhere, ...atEmulators],
    exclude: process.env.GLOWWORM_E2E_ENDPOINT === undefined ? atEmulators : [],
    globalSetup: ['tests/support/deployed-cloud.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // It says why a test is skipped.
    reporters: ['verbose'],
  },
})
