/**
 * Keeps out of the bundle what its packages bring along and the program never runs, and puts off what they load before anybody needs it:
 * a controller's memory is mostly code, about 15 bytes for each byte of it. What is left out is listed here and nowhere else.
 */
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const builtins = new Set(builtinModules);

/** An import of a module of Node reads all its exports at once, `WebSocket` of `http` among them, which loads 10 MB; this reads none. */
const lateBuiltins: Plugin = {
  name: 'late-builtins',
  setup(build) {
    build.onResolve({ filter: /^(node:)?[a-z_\d/]+$/ }, ({ path }) =>
      path.startsWith('node:') || builtins.has(path) ? { path: path.replace(/^node:/, ''), namespace: 'builtin' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      // HTTP/2 is never spoken; its users check for a Node that was built without it.
      contents:
        path === 'http2' ? 'module.exports = { constants: {} };' : `module.exports = process.getBuiltinModule('node:${path}');`,
    }));
  },
};

/** package or file of one -> what stands in its place */
const replacements: readonly { readonly filter: RegExp; readonly contents: string }[] = [
  // Of undici the client alone, without fetch, WebSocket, caches and mocks, and with one parser instead of two.
  {
    filter: /[/\\]undici[/\\]index\.js$/,
    contents: `
      exports.Agent = require('./lib/dispatcher/agent.js');
      exports.ProxyAgent = require('./lib/dispatcher/proxy-agent.js');
      exports.Socks5ProxyAgent = require('./lib/dispatcher/socks5-proxy-agent.js');
      const { prototype } = require('./lib/dispatcher/dispatcher.js');
      prototype.request = require('./lib/api/api-request.js');
      // Proxies are reached by it.
      prototype.connect = require('./lib/api/api-connect.js');`,
  },
  { filter: /[/\\]undici[/\\]lib[/\\]milo[/\\][^/\\]+\.js$/, contents: '' },
  // Requests go through Node's http; looking for fetch loads all of Node's own undici.
  { filter: /[/\\]axios[/\\]lib[/\\]adapters[/\\]fetch\.js$/, contents: 'export const getFetch = () => false;' },
  // Types of files in forms with attachments, which nobody sends.
  { filter: /[/\\]mime-db[/\\]index\.js$/, contents: 'module.exports = {};' },
];

const withoutUnused: Plugin = {
  name: 'without-unused',
  setup(build) {
    for (const { filter, contents } of replacements) {
      build.onLoad({ filter }, ({ path }) => ({ contents, loader: 'js', resolveDir: dirname(path) }));
    }
  },
};

/** client-node does not say that its modules do nothing by being imported, so each of its 700 models would stay. */
const pureModules: Plugin = {
  name: 'pure-modules',
  setup(build) {
    const folder = join(root, 'node_modules', '@kubernetes', 'client-node');
    build.onResolve({ filter: /^\.|^@kubernetes\/client-node/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      if (pluginData === pureModules || !(path.startsWith('@kubernetes/') || importer.startsWith(folder))) return undefined;
      const resolved = await build.resolve(path, { importer, resolveDir, kind, pluginData: pureModules });
      return { ...resolved, sideEffects: false };
    });
  },
};

/**
 * What few controllers need, or need once: regular expressions of RE2, proxies, logins of cloud providers, YAML. Their code comes along and is
 * not run, tables of characters and all, before somebody calls it.
 */
const seldomNeeded = ['re2js', 'yaml', 'js-yaml', 'jsonpath-plus', 'socks', 'socks-proxy-agent', 'hpagent'];

/** Stands for each function or class of such a package until it is called, asked or made an instance of. */
const standIns = `
  const late = (get) => new Proxy(function () {}, {
    get: (_, name) => Reflect.get(get(), name),
    has: (_, name) => Reflect.has(get(), name),
    apply: (_, self, args) => Reflect.apply(get(), self, args),
    construct: (_, args) => Reflect.construct(get(), args),
  });`;

const latePackages: Plugin = {
  name: 'late-packages',
  setup(build) {
    const filter = new RegExp(`^(${seldomNeeded.join('|')})$`);
    build.onResolve({ filter }, ({ path, kind, resolveDir }) =>
      kind === 'import-statement' ? { path, namespace: 'late', pluginData: resolveDir } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'late' }, async ({ path, pluginData: resolveDir }) => {
      const functions = Object.entries((await import(path)) as object).filter(([, value]) => typeof value === 'function');
      const names = functions.map(([name]) => name).filter((name) => name !== 'default' && name !== 'module.exports');
      const stands = names.map((name) => `export const ${name} = /* @__PURE__ */ late(() => require('${path}').${name});`);
      return { contents: [standIns, ...stands].join('\n'), loader: 'js', resolveDir };
    });
  },
};

export const leanPackages: readonly Plugin[] = [lateBuiltins, latePackages, withoutUnused, pureModules];
