/** Commands of `rampart` in a world of their own: a cluster in memory, a clock that stands, and all that they print kept. */

import type { KubeObject } from '../../src/api/kubernetes.ts';
import type { Context, Output } from '../../src/cli/command.ts';
import { dispatch } from '../../src/cli/dispatch.ts';
import type { ListOptions, ObjectKey, Page, Patch, Resource, WriteOptions, WriteResult } from '../../src/runtime/cluster.ts';
import { MemoryCluster } from './memory-cluster.ts';
import { SteppedClock } from './stepped-clock.ts';

export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** One write as it was sent: `rollouts/shop/status {"status":{"abort":true}}`. */
export class RecordingCluster extends MemoryCluster {
  readonly sent: string[] = [];

  override async patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions = {},
  ): Promise<WriteResult<T>> {
    const place = options.subresource === undefined ? '' : `/${options.subresource}`;
    this.sent.push(`${resource.plural}/${key.name}${place} ${JSON.stringify(patch.body)}`);
    if (patch.type !== 'json') return super.patch(resource, key, patch, options);
    const present = await this.get(resource, key);
    return present === undefined ? { outcome: 'not-found' } : { outcome: 'done', object: present };
  }

  override async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions): Promise<Page<T>> {
    const page = await super.list(resource, options);
    const { namespace } = options;
    return { ...page, items: page.items.filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace) };
  }
}

export class CommandStage {
  readonly cluster = new RecordingCluster();
  readonly clock = new SteppedClock();
  readonly enough = new AbortController();
  input = '';
  isTerminal = false;
  environment: Record<string, string> = {};
  out = '';
  errors = '';

  async run(...args: readonly string[]): Promise<Printed> {
    this.out = '';
    this.errors = '';
    const code = await dispatch(args, 'rampart', this.context());
    return { code, out: this.out, errors: this.errors };
  }

  context(): Context {
    const output = (write: (text: string) => void): Output => ({ write, isTerminal: this.isTerminal, columns: 100, rows: 40 });
    return {
      out: output((text) => {
        this.out += text;
      }),
      errors: output((text) => {
        this.errors += text;
      }),
      clock: this.clock,
      random: () => 0,
      environment: this.environment,
      signal: this.enough.signal,
      connect: (line) => ({
        cluster: this.cluster,
        namespace: line.flags.get('namespace')?.at(-1) ?? 'default',
        close: async () => {},
      }),
      readInput: async () => this.input,
    };
  }
}
