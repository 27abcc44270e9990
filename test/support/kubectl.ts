/** kubectl as a user types it, in one namespace; and the plugin's commands as the merge patches that it sends. */
import { spawn } from 'node:child_process';
import type { OpenedCluster } from '../../tools/cluster/access.ts';
import { sharedCluster } from './cluster.ts';

export class KubectlFailed extends Error {
  readonly stderr: string;

  constructor(args: readonly string[], stderr: string) {
    super(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
    this.name = 'KubectlFailed';
    this.stderr = stderr;
  }
}

/** What `kubectl argo rollouts <command>` writes: subresource (or none) and merge patch. */
const commands = {
  abort: ['status', { status: { abort: true } }],
  retry: ['status', { status: { abort: false } }],
  pause: [undefined, { spec: { paused: true } }],
  resume: [undefined, { spec: { paused: false } }],
  promoteFull: ['status', { status: { promoteFull: true } }],
  /** `promote` of a Rollout that has paused itself. */
  promote: ['status', { status: { pauseConditions: null } }],
} as const;

/** A wait that passed has seen what a watch may still have to see. */
const reading = new Set(['get', 'describe', 'auth', 'version']);

export class Kubectl {
  readonly #path: string;
  readonly #kubeconfig: string;
  readonly #namespace: string;
  /** Called after everything that has written, or seen what others wrote. */
  readonly #wrote: () => Promise<void>;

  constructor(path: string, kubeconfig: string, namespace: string, wrote: () => Promise<void> = async () => {}) {
    this.#path = path;
    this.#kubeconfig = kubeconfig;
    this.#namespace = namespace;
    this.#wrote = wrote;
  }

  static async open(namespace: string, cluster?: OpenedCluster, wrote?: () => Promise<void>): Promise<Kubectl> {
    const opened = cluster ?? (await sharedCluster());
    return new Kubectl(await opened.partPath('kubectl'), opened.adminKubeconfig, namespace, wrote);
  }

  /** Its standard output. Throws KubectlFailed when it ends with another code than 0. */
  async run(args: readonly string[], input?: string): Promise<string> {
    const output = await this.#spawn(args, input);
    if (!reading.has(args[0] ?? '')) await this.#wrote();
    return output;
  }

  #spawn(args: readonly string[], input?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const all = [`--kubeconfig=${this.#kubeconfig}`, `--namespace=${this.#namespace}`, ...args];
      const child = spawn(this.#path, all, { stdio: ['pipe', 'pipe', 'pipe'] });
      let out = '';
      let errors = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        errors += text;
      });
      child.once('error', reject);
      child.once('close', (code) => (code === 0 ? resolve(out) : reject(new KubectlFailed(args, errors))));
      child.stdin.on('error', () => {});
      child.stdin.end(input ?? '');
    });
  }

  /** `kubectl apply -f -`, of YAML or of objects. */
  async apply(...manifests: readonly (string | object)[]): Promise<string> {
    // What begins with a brace would be read as JSON alone.
    const documents = manifests.map((manifest) => (typeof manifest === 'string' ? manifest : JSON.stringify(manifest)));
    return await this.run(['apply', '-f', '-'], documents.map((document) => `---\n${document}\n`).join(''));
  }

  async mergePatch(target: string, patch: object, subresource?: string): Promise<void> {
    const flag = subresource === undefined ? [] : [`--subresource=${subresource}`];
    await this.run(['patch', target, '--type=merge', ...flag, '-p', JSON.stringify(patch)]);
  }

  async command(command: keyof typeof commands, rollout: string): Promise<void> {
    const [subresource, patch] = commands[command];
    await this.mergePatch(`rollout/${rollout}`, patch, subresource);
  }

  /** `set image`: the first container's. */
  async setImage(rollout: string, image: string): Promise<void> {
    const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image }];
    await this.run(['patch', `rollout/${rollout}`, '--type=json', '-p', JSON.stringify(patch)]);
  }

  /** `undo`: the template of that ReplicaSet without the hash, put into the spec. */
  async undo(rollout: string, replicaSet: string): Promise<void> {
    const found = JSON.parse(await this.run(['get', 'replicaset', replicaSet, '-o', 'json'])) as {
      readonly spec: { readonly template: { readonly metadata: { readonly labels: Record<string, string> } } };
    };
    const { template } = found.spec;
    const { 'rollouts-pod-template-hash': _, ...labels } = template.metadata.labels;
    const value = { ...template, metadata: { ...template.metadata, labels } };
    const patch = [{ op: 'replace', path: '/spec/template', value }];
    await this.run(['patch', `rollout/${rollout}`, '--type=json', '-p', JSON.stringify(patch)]);
  }
}
