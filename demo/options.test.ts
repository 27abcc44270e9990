import { describe, expect, it } from 'vitest';
import { parseDemoOptions } from './options.ts';

const parse = (line: string) => parseDemoOptions(line.split(' ').filter(Boolean), false);
const existing =
  '--cluster existing --image registry.example/rampart-demo:x --prometheus-address http://prometheus.monitoring:9090';

describe('the flags of the demo', () => {
  it('asks for nothing: an embedded cluster, 200 requests a second', () => {
    expect(parse('')).toEqual({
      keep: false,
      json: false,
      plain: true,
      requestsPerSecond: 200,
      cluster: undefined,
      virtual: false,
      image: undefined,
      existing: undefined,
    });
  });

  it('takes what an existing cluster has', () => {
    expect(parse(`${existing}/ --gateway edge/public --gateway-url https://shop.example/ --scrape-interval 30`)).toMatchObject({
      cluster: 'existing',
      image: 'registry.example/rampart-demo:x',
      existing: {
        gateway: { namespace: 'edge', name: 'public' },
        gatewayUrl: 'https://shop.example',
        prometheusAddress: 'http://prometheus.monitoring:9090',
        scrapeIntervalSeconds: 30,
      },
    });
    expect(parse(existing)?.existing).toMatchObject({ gateway: undefined, gatewayUrl: undefined, scrapeIntervalSeconds: 15 });
  });

  it('lets K3s have an image, or build one', () => {
    expect(parse('--cluster k3s --image demo:1')).toMatchObject({ cluster: 'k3s', image: 'demo:1', existing: undefined });
    expect(parse('--cluster k3s')?.image).toBeUndefined();
  });

  it('plays on the virtual cluster', () => {
    expect(parse('--virtual')).toMatchObject({ virtual: true, cluster: undefined, keep: false });
  });

  it.each([
    ['--virtual --cluster embedded', /--virtual has a cluster of its own: leave out --cluster/],
    ['--virtual --keep', /--keep is for a real cluster/],
    ['--rate 5', /--rate must be a number from 20 to 2000/],
    ['--cluster other', /--cluster must be embedded, k3s or existing, but is "other"/],
    ['--image demo:1', /--image is for --cluster existing or k3s/],
    ['--cluster embedded --image demo:1', /--image is for --cluster existing or k3s/],
    ['--cluster k3s --gateway a/b', /--gateway is for --cluster existing/],
    ['--cluster existing --prometheus-address http://p', /Pods of an existing cluster are containers: .* --target demo .* --image/],
    ['--cluster existing --image x', /say where pods reach it, as in --prometheus-address/],
    [`${existing} --gateway public`, /--gateway must be NAMESPACE\/NAME/],
    [`${existing} --gateway-url 10.0.0.1`, /--gateway-url must be a URL/],
    [`${existing} --scrape-interval 0`, /--scrape-interval must be a number of seconds/],
    ['--cluster existing --image x --prometheus-address prometheus:9090', /--prometheus-address must be a URL/],
  ])('refuses `%s`', (line, sentence) => {
    expect(() => parse(line)).toThrow(sentence);
  });

  it('helps', () => {
    expect(parse('--help --rate 1')).toBeUndefined();
  });
});
