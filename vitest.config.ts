import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // Two cores are the smallest machine this runs on; more files at once only make deadlines meaningless.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'units',
          include: ['{events,functions,infra,scripts,web/src}/**/*.test.ts', 'tests/*.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'end to end',
          include: ['tests/e2e/**/*.test.ts'],
          globalSetup: ['tests/support/shared-cloud.ts'],
          // Not beside the units: it has the machine to itself, and a cloud for each worker.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
