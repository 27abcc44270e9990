/** What the runtime needs of a log: sentences with fields. The process's logger fits it. */

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** The same log, to which these levels are only worth a debug line. */
export function quieter(log: Log, ...levels: readonly ('info' | 'warn')[]): Log {
  const debug: Log['debug'] = (message, fields) => log.debug(message, fields);
  return {
    debug,
    info: levels.includes('info') ? debug : (message, fields) => log.info(message, fields),
    warn: levels.includes('warn') ? debug : (message, fields) => log.warn(message, fields),
    error: (message, fields) => log.error(message, fields),
  };
}

/** The sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
