/** The shop's Prometheus metrics in text form, without a library: requests by status, and how long they took. */
const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export class ShopMetrics {
  readonly #version: string;
  /** `method status` -> requests */
  readonly #requests = new Map<string, number>();
  readonly #inBucket: number[] = bucketsSeconds.map(() => 0);
  #sumSeconds = 0;
  #count = 0;

  constructor(version: string) {
    this.#version = version;
  }

  observe(method: string, status: number, seconds: number): void {
    const key = `${method} ${status}`;
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1);
    this.#sumSeconds += seconds;
    this.#count++;
    for (const [index, bound] of bucketsSeconds.entries()) {
      if (seconds <= bound) this.#inBucket[index] = (this.#inBucket[index] ?? 0) + 1;
    }
  }

  text(): string {
    const version = `version="${this.#version}"`;
    const requests = [...this.#requests].map(([key, count]) => {
      const [method, status] = key.split(' ');
      return `http_requests_total{method="${method}",status="${status}",${version}} ${count}`;
    });
    const buckets = bucketsSeconds.map(
      (bound, index) => `http_request_duration_seconds_bucket{${version},le="${bound}"} ${this.#inBucket[index]}`,
    );
    return [
      '# HELP http_requests_total Requests answered, health checks and scrapes aside.',
      '# TYPE http_requests_total counter',
      ...requests,
      '# HELP http_request_duration_seconds Time from the request to the end of its answer.',
      '# TYPE http_request_duration_seconds histogram',
      ...buckets,
      `http_request_duration_seconds_bucket{${version},le="+Inf"} ${this.#count}`,
      `http_request_duration_seconds_sum{${version}} ${this.#sumSeconds}`,
      `http_request_duration_seconds_count{${version}} ${this.#count}`,
      '',
    ].join('\n');
  }
}
