/** Where rights used and rights granted differ on purpose: right -> why. A row whose right is not granted or refused any more fails a whole run. */

function rows(rights: readonly string[], why: string): Readonly<Record<string, string>> {
  return Object.fromEntries(rights.map((right) => [right, why]));
}

const routes = ['httproutes', 'grpcroutes', 'tcproutes', 'tlsroutes'].map((kind) => `${kind}.gateway.networking.k8s.io`);
const [ours, written, read] = [
  ['rollouts', 'analysisruns', 'experiments'].map((kind) => `${kind}.argoproj.io`),
  ['replicasets.apps', 'services', 'ingresses.networking.k8s.io', 'jobs.batch'],
  [
    'analysistemplates.argoproj.io',
    'clusteranalysistemplates.argoproj.io',
    'endpointslices.discovery.k8s.io',
    'deployments.apps',
    'podtemplates',
  ],
];

/** Asked for without being granted: some test shows what happens then. */
export const refusedOnPurpose: Readonly<Record<string, string>> = {
  'get secrets': 'no RoleBinding allows it yet: test/e2e/analysis.test.ts, of a Secret that is not readable',
  'create jobs.batch': 'no RoleBinding allows it yet: test/e2e/job-metric.test.ts, of a Job that is run once somebody allows it',
  'watch ingresses.networking.k8s.io':
    'rbac.nginx is off by default: Ingresses are watched where they can be, and the status of who needs them says so',
  ...rows(
    routes.flatMap((kind) => [`list ${kind}`, `watch ${kind}`]),
    'rbac.gatewayApi is off in test/e2e/rbac.test.ts: routes are watched where they can be, and the status of who needs them says so',
  ),
};

/** Allowed by a role that is not the chart's. Which of them a run needs depends on the moment at which its measurement is looked at again. */
export const lentOnPurpose: Readonly<Record<string, string>> = {
  'get secrets': 'by the Role that the message of the refused measurement proposes, for that Secret alone',
  ...rows(
    ['create jobs.batch', 'get jobs.batch', 'delete jobs.batch', 'list pods'],
    'by the Roles that the message of the refused measurement proposes',
  ),
};

/** Granted, and need not be used by any test. */
export const unusedOnPurpose: Readonly<Record<string, string>> = {
  ...rows(
    [...ours, ...written, ...read].map((kind) => `list ${kind}`),
    'a watch begins with a list where the API server cannot stream it: test/contract/kubernetes-client.test.ts, with WatchList=false',
  ),
  ...rows(
    [...ours, ...written, ...routes].map((kind) => `get ${kind}`),
    'a write of ours that the watch does not show in time is read again: src/runtime/store.test.ts',
  ),
  ...rows(
    ['get gateways.gateway.networking.k8s.io', 'get gatewayclasses.gateway.networking.k8s.io'],
    'asked before a mirror route is written, by the router: test/contract/header-traffic.test.ts and gateway-api-router.test.ts',
  ),
  ...rows(
    ['get deployments.apps', 'get podtemplates'],
    'one that a workloadRef names only after it was seen is read whole: src/controllers/workloads.test.ts',
  ),
};
