/** The program is built for one version of Node and newer ones; older ones fail somewhere in the middle, with words that help nobody. */

const oldestMajor = 24;

/** What to say of a version like `20.19.5`; undefined where it will do. */
export function unsuitableNode(version: string): string | undefined {
  if (Number.parseInt(version, 10) >= oldestMajor) return undefined;
  return `rampart needs Node ${oldestMajor} or newer, and this is Node ${version}. Start it with a newer one: https://nodejs.org/en/download`;
}
