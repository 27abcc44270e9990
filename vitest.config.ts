import { defineConfig } from 'vitest/config';

/** unit: tables and properties beside the code, nothing outside the process. cluster: contract suites and end to end, on the embedded Kubernetes. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts', 'demo/**/*.test.ts', 'test/properties/**/*.test.ts'],
        },
      },
    ],
  },
});
