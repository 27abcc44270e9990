/** The version of this program: put in by the build; `development` when run from its sources. */
declare const RAMPART_VERSION: string | undefined;

export const version: string = typeof RAMPART_VERSION === 'string' ? RAMPART_VERSION : 'development';
