/** Argo CD's own scripts for argoproj.io kinds, run as they come in the Lua that Argo CD runs them in: how it judges health, and what its buttons write. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sharedCluster } from './cluster.ts';

export interface Health {
  readonly status?: string;
  readonly message?: string;
}

type Kind = 'Rollout' | 'AnalysisRun' | 'Experiment';

/** What JSON looks like in Lua: Argo CD hands objects over in the same way, numbers as numbers and null as nil. */
export function luaOf(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (typeof value === 'string') return `"${[...Buffer.from(value)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`;
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `{${value.map(luaOf).join(',')}}`;
  return `{${Object.entries(value)
    .map(([key, item]) => `[${luaOf(key)}]=${luaOf(item)}`)
    .join(',')}}`;
}

/** Prints what a script returned as JSON. An empty table could be either; objects of the API have no use for empty lists. */
const printer = `
local function json(v)
  if type(v) == 'table' then
    local parts = {}
    if v[1] ~= nil then
      for _, item in ipairs(v) do parts[#parts + 1] = json(item) end
      return '[' .. table.concat(parts, ',') .. ']'
    end
    for key, item in pairs(v) do parts[#parts + 1] = json(tostring(key)) .. ':' .. json(item) end
    return '{' .. table.concat(parts, ',') .. '}'
  end
  if type(v) == 'string' then
    return '"' .. string.gsub(v, '[%c"\\\\]', function(c) return string.format('\\\\u%04x', string.byte(c)) end) .. '"'
  end
  return tostring(v)
end
print(json(returned))
`;

export class ArgoCd {
  readonly #glua: string;
  readonly #scripts: string;

  private constructor(glua: string, scripts: string) {
    this.#glua = glua;
    this.#scripts = scripts;
  }

  static async open(): Promise<ArgoCd> {
    const cluster = await sharedCluster();
    return new ArgoCd(await cluster.partPath('glua'), await cluster.partPath('argo-cd-scripts'));
  }

  async health(kind: Kind, object: unknown): Promise<Health> {
    return (await this.#run(`${kind}/health.lua`, object)) as Health;
  }

  /** name of each action that can be taken now */
  async actions(kind: Kind, object: unknown): Promise<readonly string[]> {
    const found = (await this.#run(`${kind}/actions/discovery.lua`, object)) as Readonly<
      Record<string, { readonly disabled?: boolean }>
    >;
    return Object.entries(found)
      .filter(([, { disabled }]) => disabled !== true)
      .map(([name]) => name)
      .toSorted();
  }

  /** The object as the action leaves it. */
  async act(kind: Kind, action: string, object: unknown): Promise<Readonly<Record<string, unknown>>> {
    return (await this.#run(`${kind}/actions/${action}/action.lua`, object)) as Readonly<Record<string, unknown>>;
  }

  async #run(script: string, object: unknown): Promise<unknown> {
    const folder = await mkdtemp(join(tmpdir(), 'rampart-lua-'));
    try {
      const file = join(folder, 'run.lua');
      await writeFile(file, `obj = ${luaOf(object)}\nreturned = dofile(${luaOf(join(this.#scripts, script))})\n${printer}`);
      const { stdout } = await promisify(execFile)(this.#glua, [file]);
      return JSON.parse(stdout);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** The merge patch that turns one object into the other: what Argo CD sends, to the object and to its status. */
export function mergePatchOf(before: unknown, after: unknown): Readonly<Record<string, unknown>> {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const changed = new Map<string, unknown>();
  for (const key of Object.keys(old)) if (!(key in now)) changed.set(key, null);
  for (const [key, value] of Object.entries(now)) {
    const known = old[key];
    if (isFields(value) && isFields(known)) {
      const inner = mergePatchOf(known, value);
      if (Object.keys(inner).length > 0) changed.set(key, inner);
    } else if (JSON.stringify(sorted(value)) !== JSON.stringify(sorted(known))) changed.set(key, value);
  }
  return Object.fromEntries(changed);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
