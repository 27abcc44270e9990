import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger, redact } from './logger.ts';

function logged(format: 'text' | 'json', level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk).trimEnd());
      done();
    },
  });
  return { log: createLogger({ level, format, stream }), lines };
}

describe('redact', () => {
  it.each([
    ['Authorization: Bearer abcdef123456', 'abcdef123456'],
    ['GET http://admin:hunter2@prometheus:9090/api', 'hunter2'],
    ['{"password":"s3cr3t-value"}', 's3cr3t-value'],
    ['client_secret=topsecret&grant=x', 'topsecret'],
    ['token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln', 'eyJhbGciOiJIUzI1NiJ9'],
  ])('takes the secret out of %s', (text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('[redacted]');
  });

  it('leaves sentences alone', () => {
    const sentence = 'Rollout is paused (CanaryPauseStep); http://prometheus:9090 answered 200';
    expect(redact(sentence)).toBe(sentence);
  });
});

describe('the log', () => {
  it('writes lines for people', () => {
    const { log, lines } = logged('text');
    log.info('Rollout updated to revision 2', { rollout: 'shop', namespace: 'default', revision: 2, nothing: undefined });
    log.debug('not shown');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\d{4}-\S+ INFO {2}Rollout updated to revision 2 rollout=shop namespace=default revision=2$/);
  });

  it('writes one JSON object a line, without secrets in fields', () => {
    const { log, lines } = logged('json');
    log.error('asking failed', { url: 'http://u:pw@host/' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', message: 'asking failed', url: 'http://[redacted]@host/' });
  });
});
