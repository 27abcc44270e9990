/** Runs for all of them, so that one route's trouble keeps no other from its weights; then throws the first error, if any. */
export async function everyOne<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results = await Promise.allSettled(items.map(run));
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
