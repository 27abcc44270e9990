/**
 * The process's log on winston: one line a record, for people or as JSON, with the object and revision that it speaks of as fields, and
 * with secrets taken out wherever they turn up.
 */
import winston from 'winston';

/** What a record speaks of, besides its sentence; `rollout`, `namespace` and `revision` by these names where they apply. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'text' | 'json';
  /** Where lines go; the standard error of the process if left out. */
  readonly stream?: NodeJS.WritableStream;
}

export function createLogger(options: LoggerOptions): Logger {
  const { combine, timestamp, json } = winston.format;
  const lines = options.format === 'json' ? json() : winston.format.printf(readable);
  const transport = new winston.transports.Stream({ stream: options.stream ?? process.stderr });
  const logger = winston.createLogger({
    level: options.level,
    format: combine(timestamp(), redacted(), lines),
    transports: [transport],
  });
  return {
    debug: (message, fields) => logger.debug(message, fields),
    info: (message, fields) => logger.info(message, fields),
    warn: (message, fields) => logger.warn(message, fields),
    error: (message, fields) => logger.error(message, fields),
  };
}

const secrets: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w+/=.~-]{6,}/gi, '$1 [redacted]'],
  [
    /(\b\w*(?:password|passwd|secret|token|api[-_]?key|authorization)\w*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)/gi,
    '$1[redacted]',
  ],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '[redacted]'],
  [/(https?:\/\/)[^/\s:@]+:[^/\s@]+@/gi, '$1[redacted]@'],
];

/** What each of those patterns needs: most texts have none of it, and looking for it once is a tenth of looking four times. */
const suspicious = /[:=]|bearer|basic|eyJ/i;

/** The text without what looks like a credential: bearer tokens, passwords in URLs and assignments, JSON web tokens. */
export function redact(text: string): string {
  if (!suspicious.test(text)) return text;
  return secrets.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

const redacted = winston.format((record) => {
  for (const [key, value] of Object.entries(record)) if (typeof value === 'string') record[key] = redact(value);
  return record;
});

function readable(record: winston.Logform.TransformableInfo): string {
  const { timestamp, level, message, ...fields } = record;
  const about = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${/[\s"=]/.test(String(value)) ? JSON.stringify(value) : String(value)}`);
  return [String(timestamp), level.toUpperCase().padEnd(5), String(message), ...about].join(' ');
}
