import { defineConfig } from 'vitest/config'
import { blackBox } from '../support/black-box.ts'

/** The end-to-end tests that ask nothing of what they test but its API, against what is deployed: `npm run e2e`. */
export default defineConfig({
  test: {
    root: `${import.meta.dirname}/../..`,
    name: 'deployed',
    include: blackBox.map((file) => `tests/e2e/${file}`),
    globalSetup: ['tests/support/deployed-cloud.ts'],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    // It says why a test is skipped.
    reporters: ['verbose'],
  },
})
