/**
 * Properties draw other lives in every run, and what they find anywhere is a defect. CI judges a change by the same lives each time
 * (RAMPART_PROPERTY_SEED, set in .ci/run), so that nobody's change fails for what it did not do.
 */
const seed = process.env.RAMPART_PROPERTY_SEED;
if (seed !== undefined) {
  const { configureGlobal } = await import('fast-check');
  configureGlobal({ seed: Number(seed) });
}
