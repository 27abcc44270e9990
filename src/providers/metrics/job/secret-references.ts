/**
 * Lets a Job's containers read Secrets themselves: where an argument from a Secret stands in their environment, command or arguments,
 * Kubernetes fills it in when the container starts. Neither Rampart nor the Job then holds its value.
 */
import { argumentsUsed } from '../../../core/analysis/arguments.ts';
import type { MeasurementQuery, SecretArgument } from '../../../core/analysis/run-plan.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `secrets`: those that are still to be filled in. */
export function referToSecrets(block: unknown, secrets: readonly SecretArgument[]): Pick<MeasurementQuery, 'block' | 'secrets'> {
  const spec = fieldsOf(fieldsOf(block)?.spec);
  const template = fieldsOf(spec?.template);
  const pod = fieldsOf(template?.spec);
  if (secrets.length === 0 || pod === undefined) return { block, secrets };
  const lists = ['initContainers', 'containers'].flatMap((name) => {
    const list = pod[name];
    return Array.isArray(list) ? [[name, list.map((one: unknown) => containerWith(one, secrets))]] : [];
  });
  const next = { ...fieldsOf(block), spec: { ...spec, template: { ...template, spec: { ...pod, ...Object.fromEntries(lists) } } } };
  const left = new Set(argumentsUsed(next));
  return { block: next, secrets: secrets.filter(({ argument }) => left.has(argument)) };
}

function containerWith(container: unknown, secrets: readonly SecretArgument[]): unknown {
  const fields = fieldsOf(container);
  if (fields === undefined) return container;
  const needed = new Map<string, SecretArgument>();
  const refer = (text: unknown): unknown => (typeof text === 'string' ? withVariables(text, secrets, needed) : text);
  const referAll = (list: unknown): unknown => (Array.isArray(list) ? list.map(refer) : list);
  const env = Array.isArray(fields.env) ? fields.env.map((entry: unknown) => entryWith(entry, secrets, refer)) : [];
  const changed = { ...fields, command: referAll(fields.command), args: referAll(fields.args) };
  // A variable can be used by those behind it.
  const variables = [...needed].map(([name, secret]) => ({ name, valueFrom: sourceOf(secret) }));
  const all = [...variables, ...env];
  const given = Object.entries({ ...changed, ...(all.length > 0 ? { env: all } : {}) });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function entryWith(entry: unknown, secrets: readonly SecretArgument[], refer: (text: unknown) => unknown): unknown {
  const { value, ...rest } = fieldsOf(entry) ?? {};
  if (typeof value !== 'string') return entry;
  const whole = secrets.find(
    ({ argument }) => placeholder(argument).test(value) && value.replace(placeholder(argument), '') === '',
  );
  return whole === undefined ? { ...rest, value: refer(value) } : { ...rest, valueFrom: sourceOf(whole) };
}

function withVariables(text: string, secrets: readonly SecretArgument[], needed: Map<string, SecretArgument>): string {
  return secrets.reduce((filled, secret, index) => {
    if (!placeholder(secret.argument).test(filled)) return filled;
    const name = `RAMPART_SECRET_${index + 1}`;
    needed.set(name, secret);
    return filled.replace(placeholder(secret.argument), () => `$(${name})`);
  }, text);
}

function placeholder(argument: string): RegExp {
  return new RegExp(`\\{\\{\\s*args\\.${argument.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*\\}\\}`, 'g');
}

function sourceOf({ secretName, secretKey }: SecretArgument) {
  return { secretKeyRef: { name: secretName, key: secretKey } };
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
