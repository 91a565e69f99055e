import { defineConfig } from 'vitest/config'
import { blackBox, emulatorsOnly } from '../support/black-box.ts'

const files = process.env.GLOWWORM_E2E_ENDPOINT === undefined ? blackBox : [...blackBox, ...Object.keys(emulatorsOnly)]

/** The end-to-end tests that ask nothing of what they test but its API, against what is deployed: `npm run e2e`. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    name: 'deployed',
    include: files.map((file) => `tests/e2e/${file}`),
    globalSetup: ['tests/support/deployed-cloud.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // It says why a test is skipped.
    reporters: ['verbose'],
  },
})
