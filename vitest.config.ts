import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{events,functions,infra,scripts,tests}/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores are the smallest machine this runs on; more files at once only make deadlines meaningless.
    maxWorkers: 2,
  },
})
