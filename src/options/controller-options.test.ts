import { describe, expect, it } from 'vitest';
import { environmentName, parseControllerOptions } from './controller-options.ts';
import { flags } from './flags.ts';
import { controllerHelp } from './help.ts';

const options = (args: readonly string[], environment: Record<string, string> = {}) => {
  const parsed = parseControllerOptions(args, environment);
  if (parsed.outcome !== 'options') throw new Error(JSON.stringify(parsed));
  return parsed;
};

const mistakes = (args: readonly string[], environment: Record<string, string> = {}) => {
  const parsed = parseControllerOptions(args, environment);
  return parsed.outcome === 'refused' ? parsed.mistakes.join('\n') : `accepted: ${parsed.outcome}`;
};

describe('controller options', () => {
  it('has the defaults of its table', () => {
    expect(options([]).options).toMatchObject({
      namespaced: false,
      leaderElect: true,
      leaseDurationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryPeriodMs: 2_000,
      metricsPort: 8090,
      healthzPort: 8080,
      logLevel: 'info',
      prometheusAddress: undefined,
      controllers: new Set(['rollouts', 'analysis']),
    });
  });

  it.each([
    [['--namespace', 'shop', '--namespaced'], { namespace: 'shop', namespaced: true }],
    [['-n', 'shop'], { namespace: 'shop' }],
    [['--namespace=shop'], { namespace: 'shop' }],
    [['--leader-elect=false'], { leaderElect: false }],
    [['--metricsport', '9000'], { metricsPort: 9000 }],
    [['--metrics-port=9000'], { metricsPort: 9000 }],
    [['--leader-election-lease-duration', '1m30s'], { leaseDurationMs: 90_000 }],
    [['--controllers', 'analysis'], { controllers: new Set(['analysis']) }],
    [
      ['--metric-address-allow=10.0.0.0/8, *.Monitoring.svc', '--metric-address-deny', '::1'],
      {
        metricAddressAllow: [
          { kind: 'network', address: '10.0.0.0', prefix: 8, family: 'ipv4' },
          { kind: 'host', pattern: '*.monitoring.svc' },
        ],
        metricAddressDeny: [{ kind: 'network', address: '::1', prefix: 128, family: 'ipv6' }],
      },
    ],
  ])('reads %j', (args, expected) => {
    expect(options(args).options).toMatchObject(expected);
  });

  it('reads the environment, and the command line wins', () => {
    const environment = { RAMPART_METRICS_PORT: '1', ARGO_ROLLOUTS_PROMETHEUS_ADDRESS: 'http://prom:9090' };
    expect(options([], environment).options).toMatchObject({ metricsPort: 1, prometheusAddress: 'http://prom:9090' });
    expect(options(['--metricsPort=2'], environment).options.metricsPort).toBe(2);
    expect(options([], { ...environment, RAMPART_PROMETHEUS_ADDRESS: 'https://mine' }).options.prometheusAddress).toBe(
      'https://mine',
    );
  });

  it('reads which classes of Ingresses are meant, and how long they take', () => {
    expect(options([], {}).options).toMatchObject({ nginxIngressClasses: new Set(), nginxPropagationMs: 5_000 });
    const given = options(['--nginx-ingress-classes=nginx, internal', '--nginx-propagation=1500ms'], {});
    expect(given.options).toMatchObject({ nginxIngressClasses: new Set(['nginx', 'internal']), nginxPropagationMs: 1_500 });
    expect(given.warnings).toEqual([]);
  });

  it("reads the incumbent's variables for Jobs, and says what it does not do", () => {
    const environment = { ARGO_ROLLOUTS_ANALYSIS_JOB_NAMESPACE: 'jobs', ARGO_ROLLOUTS_ANALYSIS_JOB_KUBECONFIG: '/other' };
    const parsed = options([], environment);
    expect(parsed.options.analysisJobNamespace).toBe('jobs');
    expect(parsed.warnings).toEqual([expect.stringContaining('Jobs run in the cluster of their analyses')]);
  });

  it('starts with the arguments of an Argo Rollouts Deployment and says what has no meaning here', () => {
    const parsed = options([
      '--rollout-resync=900',
      '--kloglevel',
      '0',
      '--self-service-notification-enabled',
      '--istio-api-version=v1',
      '--loglevel=debug',
    ]);
    expect(parsed.options.logLevel).toBe('debug');
    expect(parsed.warnings).toHaveLength(4);
    expect(parsed.warnings[0]).toContain('--rollout-resync has no meaning here');
  });

  it.each([
    [['--metricsPort', 'many'], '--metricsPort must be a whole number from 0 to 65535, but is "many".'],
    [['--loglevel=loud'], '--loglevel must be one of debug, info, warn, error, but is "loud".'],
    [['--leader-elect=perhaps'], '--leader-elect must be true or false'],
    [['--leader-election-lease-duration=15'], 'a duration such as 15s'],
    [['--leader-election-renew-deadline=20s'], 'two leaders could work at once'],
    [['--prometheus-address=prometheus:9090'], 'must be a URL'],
    [['--burst=1'], '--burst (1) must be at least --qps'],
    [['--controllers=rollout'], '--controllers must be a list of rollouts, analysis'],
    [['--metric-address-deny=10.0.0.0/8,http://shop'], '--metric-address-deny must be a list such as'],
    [['--metric-address-allow=10.0.0.0/99'], '("10.0.0.0/99" is none of these)'],
    [['--nginx-ingress-classes=,'], '--nginx-ingress-classes must be a list of names such as a,b'],
    [['--metricsPort=8080'], 'give them different ports'],
    [['--bind-address=here'], '--bind-address must be an IP address'],
    [['--namespace'], '--namespace needs a value'],
    [['--namespace', '--namespaced'], '--namespace needs a value'],
    [['--name-space=x'], '--name-space is not known'],
    [['shop'], '"shop" stands alone'],
  ])('refuses %j', (args, expected) => {
    expect(mistakes(args)).toContain(expected);
  });

  it('names every mistake at once', () => {
    expect(mistakes(['--metricsPort=x', '--unknown', '--loglevel=y']).split('\n')).toHaveLength(3);
  });

  it('asks for help and version', () => {
    expect(parseControllerOptions(['--help'], {}).outcome).toBe('help');
    expect(parseControllerOptions(['-h'], {}).outcome).toBe('help');
    expect(parseControllerOptions(['--version'], {}).outcome).toBe('version');
  });

  it('explains every flag within the width', () => {
    const help = controllerHelp(110);
    for (const { name } of flags) expect(help).toContain(`--${name}`);
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(112);
    expect(environmentName('leader-elect')).toBe('RAMPART_LEADER_ELECT');
  });
});
