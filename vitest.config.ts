import { defineConfig } from 'vitest/config';

/**
 * unit: tables and properties beside the code, nothing outside the process. simulation: the same, but longer than a check may take. cluster: contract suites and end to end, on the embedded Kubernetes; run it
 * by `npm test -- --cluster [files]`, which enters a network namespace first. image: run by
 * `npm test -- --image`, which opens a Docker engine first. gates: run by `npm run gates`, which fetches their tools first.
 */
export default defineConfig({
  test: {
    // Two cores: more files at once only make each other late.
    maxWorkers: 2,
    // The end of the shared cluster.
    teardownTimeout: 30_000,
    projects: [
      {
        test: {
          name: 'unit',
          // A limit for what hangs, not for what is slow: properties draw until they have drawn enough, on any machine.
          testTimeout: 60_000,
          setupFiles: ['test/support/property-seed.ts'],
          include: [
            'src/**/*.test.ts',
            'tools/**/*.test.ts',
            'demo/**/*.test.ts',
            'bench/**/*.test.ts',
            'test/properties/**/*.test.ts',
            'test/simulation/*.test.ts',
            'test/support/**/*.test.ts',
            'test/deploy/**/*.test.ts',
          ],
        },
      },
      { test: { name: 'gates', include: ['test/gates/**/*.test.ts'] } },
      {
        test: {
          name: 'simulation',
          include: ['test/simulation/long/**/*.test.ts'],
          testTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'image',
          include: ['test/image/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts', 'test/contract/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          globalSetup: ['test/support/shared-cluster.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
