/** Does the same to many things, so many at a time. */

/** Settles when all are done; rejects with the first error, after those under way have ended. */
export async function inParallel<T>(things: readonly T[], most: number, work: (thing: T) => Promise<void>): Promise<void> {
  const rest = things.values();
  const lane = async (): Promise<void> => {
    for (const thing of rest) await work(thing);
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(most, things.length) }, lane));
  const failed = lanes.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
