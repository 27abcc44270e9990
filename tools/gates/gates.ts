/** The gates that can run without the outside world, each with what it keeps out. Order: the quickest first. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookAtChart, lookAtManifests } from './chart-gates.ts';
import { lookAtCode } from './code-gate.ts';
import type { Gate } from './gate.ts';
import { lookAtLicences } from './licences.ts';
import { runTool } from './run-tool.ts';
import { lookForSecrets } from './secrets-gate.ts';

async function workflowsIn(root: string): Promise<readonly string[]> {
  const folder = join('.github', 'workflows');
  const files = await readdir(join(root, folder)).catch(() => []);
  return files.filter((name) => /\.ya?ml$/.test(name)).map((name) => join(folder, name));
}

export const gates: readonly Gate[] = [
  {
    name: 'workflows',
    keepsOut: 'workflows that do not work as they read (actionlint)',
    tools: ['actionlint'],
    look: async ({ root, exceptions, tool }) => {
      const ignore = exceptions.flatMap(({ rule }) => ['-ignore', rule]);
      return runTool(await tool('actionlint'), ['-shellcheck=', '-pyflakes=', ...ignore, ...(await workflowsIn(root))], {
        cwd: root,
      });
    },
  },
  {
    name: 'workflow-security',
    keepsOut: 'workflows that leak their rights (zizmor)',
    tools: ['zizmor'],
    look: async ({ root, exceptions, tool }) => {
      const folder = await mkdtemp(join(tmpdir(), 'rampart-gate-'));
      try {
        // It takes what it is to leave alone from a file only.
        const config = join(folder, 'zizmor.yml');
        await writeFile(
          config,
          JSON.stringify({ rules: Object.fromEntries(exceptions.map(({ rule }) => [rule, { disable: true }])) }),
        );
        const args = ['--offline', '--no-progress', '--color=never', '--persona=pedantic', `--config=${config}`, '.github'];
        return await runTool(await tool('zizmor'), args, { cwd: root });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  },
  {
    name: 'dockerfile',
    keepsOut: 'images built carelessly (hadolint)',
    tools: ['hadolint'],
    look: async ({ root, exceptions, tool }) => {
      const ignore = exceptions.flatMap(({ rule }) => ['--ignore', rule]);
      return runTool(await tool('hadolint'), ['--no-color', '--failure-threshold=style', ...ignore, 'Dockerfile'], { cwd: root });
    },
  },
  {
    name: 'licences',
    keepsOut: 'production dependencies under licences that bind what is built with them',
    tools: [],
    look: lookAtLicences,
  },
  {
    name: 'secrets',
    keepsOut: 'secrets anywhere in the history (Gitleaks)',
    tools: ['gitleaks'],
    look: lookForSecrets,
  },
  { name: 'chart', keepsOut: 'a chart that Helm finds fault with', tools: ['helm'], look: lookAtChart },
  {
    name: 'manifests',
    keepsOut: 'manifests that no API server would take (kubectl-validate)',
    tools: ['helm', 'kubectl-validate', 'gateway-api-crds'],
    look: lookAtManifests,
  },
  {
    name: 'code',
    keepsOut: 'dangerous code, by rules made for this program (Semgrep)',
    tools: ['semgrep'],
    look: lookAtCode,
  },
  {
    name: 'infrastructure',
    keepsOut: 'infrastructure code that is open where it should be shut (Checkov)',
    tools: ['checkov'],
    look: async ({ root, exceptions, tool }) => {
      const skip = exceptions.length === 0 ? [] : ['--skip-check', exceptions.map(({ rule }) => rule).join(',')];
      const args = ['--quiet', '--compact', '--skip-download', '--framework', 'terraform', 'dockerfile', 'github_actions'];
      return runTool(await tool('checkov'), [...args, ...skip, '--skip-path', 'node_modules', '--directory', '.'], { cwd: root });
    },
  },
];

/** What cannot be known without the outside world, and where it is looked at instead. Silence about these would sound like safety. */
export const outside: readonly { readonly name: string; readonly why: string; readonly where: string }[] = [
  { name: 'npm audit', why: 'asks the registry for known vulnerabilities', where: 'security.yml, job dependencies' },
  { name: 'Snyk', why: 'needs a token and its database', where: 'security.yml, job dependencies, where SNYK_TOKEN is set' },
  { name: 'Trivy', why: 'needs a database of vulnerabilities and a built image', where: 'security.yml, job image' },
  { name: "Semgrep's security-audit set", why: 'is fetched from its registry', where: 'security.yml, job code' },
  { name: 'tfsec', why: 'is installed from its releases', where: 'security.yml, job infrastructure' },
];
