/** Whatever a metric provider is answered: a value that conditions can judge, no data, or an error of its own kind, with words that are short. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileCondition, evaluate } from '../../../src/core/analysis/condition/condition.ts';
import { ConditionError } from '../../../src/core/analysis/condition/condition-error.ts';
import type { MetricValue } from '../../../src/core/analysis/metric-value.ts';
import { AddressPolicy } from '../../../src/providers/metrics/http/address-policy.ts';
import { MetricProviderError } from '../../../src/providers/metrics/metric-provider.ts';
import { readAnswer as readPrometheus } from '../../../src/providers/metrics/prometheus/answer.ts';
import { PrometheusProvider } from '../../../src/providers/metrics/prometheus/prometheus-provider.ts';
import { readAnswer as readWeb } from '../../../src/providers/metrics/web/answer.ts';
import { WebProvider } from '../../../src/providers/metrics/web/web-provider.ts';
import {
  corpus,
  hostileRuns,
  hostileTimeoutMs,
  hostileValue,
  isUnpolluted,
  jsonText,
  spoilings,
  spoilt,
} from '../../support/hostile.ts';

const secret = 'correct-horse-battery';
const longestWords = 4096;
const statuses = fc.constantFrom(200, 200, 200, 204, 301, 400, 401, 403, 404, 422, 429, 500, 503, 504, 999);

/** What a provider made of an answer; anything but a MetricProviderError is a defect. */
function made(read: () => MetricValue): MetricValue | MetricProviderError {
  try {
    return read();
  } catch (error) {
    if (error instanceof MetricProviderError) return error;
    throw error;
  }
}

const conditions = [
  'result[0] > 0.5',
  'result > 1',
  'len(result) == 0',
  'result.ok == true',
  'all(result, # > 0)',
  'string(result) contains "a"',
  'result == nil',
];

function expectThatItCanBeJudged(answer: MetricValue | MetricProviderError): void {
  if (answer instanceof MetricProviderError) {
    expect(answer.message.length).toBeLessThan(longestWords);
    expect(answer.code).toMatch(/^[a-z-]+$/);
    return;
  }
  expect(typeof answer.text).toBe('string');
  for (const text of conditions) {
    const compiled = compileCondition(text);
    if (compiled instanceof ConditionError) throw compiled;
    const verdict = evaluate(compiled, { values: { result: answer.result } }, 'bool');
    if (verdict instanceof ConditionError) expect(verdict.message.length).toBeLessThan(longestWords);
    else expect(typeof verdict).toBe('boolean');
  }
  expect(isUnpolluted()).toBe(true);
}

const healthy = {
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: { pod: 'a' }, value: [1763899200.1, '0.99'] }] },
  warnings: ['slow'],
};
const ranged = {
  status: 'success',
  data: {
    resultType: 'matrix',
    result: [
      {
        metric: {},
        values: [
          [1, '1'],
          [2, 'NaN'],
        ],
      },
    ],
  },
};

describe('Prometheus', () => {
  test.each(corpus<string>('prometheus-answers'))('%s', (body) => {
    for (const status of [200, 400, 500]) expectThatItCanBeJudged(made(() => readPrometheus({ status, body })));
  });

  test('and anything else', { timeout: hostileTimeoutMs }, () => {
    const body = fc.oneof(
      hostileValue.map((value) => jsonText(value)),
      fc.tuple(fc.constantFrom(healthy, ranged), spoilings).map(([good, what]) => jsonText(spoilt(good, what))),
      fc.string(),
    );
    fc.assert(
      fc.property(statuses, body, (status, text) => expectThatItCanBeJudged(made(() => readPrometheus({ status, body: text })))),
      { numRuns: hostileRuns(200) },
    );
  });
});

describe('a web server', () => {
  const asked = corpus<{ readonly path: string; readonly body: string }>('web-answers');
  test.each(asked)('$path of $body', ({ path, body }) => {
    for (const status of [200, 500]) expectThatItCanBeJudged(made(() => readWeb({ status, body }, path)));
  });

  test('and anything else, whatever is looked for', { timeout: hostileTimeoutMs }, () => {
    const path = fc.oneof(
      fc.constantFrom(...asked.map((one) => one.path)),
      fc
        .array(
          fc.constantFrom(
            '{',
            '}',
            '$',
            '.',
            '..',
            '[',
            ']',
            '*',
            '?(',
            '@',
            ')',
            '0',
            '-1',
            ':',
            ',',
            "'a'",
            'a',
            '==',
            '<',
            'range ',
            'end',
            ' ',
            '\\',
            '"',
            '__proto__',
          ),
          { maxLength: 14 },
        )
        .map((parts) => parts.join('')),
      fc
        .array(fc.constantFrom('.a', '..a', '[*]', '[0]', '[-1:]', "['a','b']", '..*', '[?(@.a==1)]'), {
          minLength: 1,
          maxLength: 8,
        })
        .map((parts) => `{$${parts.join('')}}`),
    );
    const body = fc.oneof(
      hostileValue,
      fc.tuple(fc.constant({ a: [{ a: 1, b: [2] }], b: { a: null } }), spoilings).map(([good, what]) => spoilt(good, what)),
    );
    fc.assert(
      fc.property(statuses, path, body, (status, jsonPath, value) =>
        expectThatItCanBeJudged(made(() => readWeb({ status, body: jsonText(value) }, jsonPath))),
      ),
      { numRuns: hostileRuns(300) },
    );
  });
});

/** Answers that do not end, come byte by byte, or say one thing and do another; each ends by a limit of the provider. */
const streams: Readonly<Record<string, RequestListener>> = {
  'without an end': (_, response) => {
    const more = (): void => {
      while (response.writable && response.write('x'.repeat(65_536)));
      if (response.writable) response.once('drain', more);
    };
    response.on('error', () => undefined);
    more();
  },
  'of compressed nothing, gigabytes long': (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.on('error', () => undefined);
    response.end(bomb);
  },
  'that says it is long and is not': (_, response) => {
    response.writeHead(200, { 'content-length': '1000000' });
    response.write('{');
    response.socket?.destroy();
  },
  'that is no HTTP': (_, response) => response.socket?.end(`\u0000\u0001${secret}\r\n\r\n`),
  'with headers without an end': (_, response) =>
    response.socket?.end(`HTTP/1.1 200 OK\r\n${`A: ${'x'.repeat(1000)}\r\n`.repeat(1000)}`),
  'of bytes that are no text': (_, response) => response.end(Buffer.from([0xff, 0xfe, 0x00, 0xc0, 0x80])),
  'that leads in a circle': (_, response) => response.writeHead(302, { location: '/' }).end(),
  'that leads to what is no address': (_, response) => response.writeHead(302, { location: 'http://[' }).end(),
  'that leads into a file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
};
let bomb: Buffer;

describe('an answer', () => {
  let listener: RequestListener = () => undefined;
  const server = createServer((request, response) => listener(request, response));
  let url = '';
  const maxAnswerBytes = 1_000_000;
  const web = new WebProvider({ policy: new AddressPolicy(), maxAnswerBytes });
  let prometheus: PrometheusProvider;

  beforeAll(async () => {
    const { gzipSync } = await import('node:zlib');
    bomb = gzipSync(Buffer.alloc(64 << 20));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    prometheus = new PrometheusProvider({ defaultAddress: url, maxAnswerBytes });
  });
  afterAll(async () => {
    web.close();
    prometheus.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test.each(Object.keys(streams))('%s', async (name) => {
    listener = streams[name] ?? listener;
    const context = { signal: new AbortController().signal, nowMs: 0 };
    for (const ask of [
      () => web.measure({ url, headers: [{ key: 'X-Token', value: secret }], timeoutSeconds: 20 }, context),
      () => prometheus.measure({ query: 'up', headers: [{ key: 'X-Token', value: secret }], timeout: 20 }, context),
    ]) {
      const answer = await ask().catch((error: unknown) => error);
      if (name.includes('no text') && !(answer instanceof Error)) continue;
      expect(answer).toBeInstanceOf(MetricProviderError);
      expectThatItCanBeJudged(answer as MetricProviderError);
      expect((answer as MetricProviderError).message).not.toContain(secret);
    }
  });

  test('that never comes whole ends with the time limit of the metric', async () => {
    listener = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    };
    const context = { signal: new AbortController().signal, nowMs: 0 };
    await expect(web.measure({ url, timeoutSeconds: 1 }, context)).rejects.toMatchObject({ code: 'timeout' });
    await expect(prometheus.measure({ query: 'up', timeout: 1 }, context)).rejects.toMatchObject({ code: 'timeout' });
  });
});
