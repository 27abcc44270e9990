/** What the chart grants, read from the roles that it renders. */
import { parseAllDocuments } from 'yaml';

export interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

export interface GrantedRole {
  readonly name: string;
  /** Absent: on the whole cluster. */
  readonly namespace: string | undefined;
  readonly rules: readonly Rule[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
}

export function grantedRoles(manifests: string): readonly GrantedRole[] {
  return parseAllDocuments(manifests).flatMap((document) => {
    const manifest = document.toJS() as Manifest | null;
    if (manifest === null || !/^(Cluster)?Role$/.test(manifest.kind)) return [];
    const { name, namespace } = manifest.metadata;
    return [{ name, namespace, rules: manifest.rules ?? [] }];
  });
}

/** How names of roles begin that tests take from the chart; those that its messages propose are named otherwise. */
export const chartRoles = 'rampart-chart';

/** Which of the chart's roles it is: its names end in their purpose, whatever comes before. */
export function purposeOf(role: string): 'lease' | 'jobs' | 'work' {
  if (role.endsWith('-lease')) return 'lease';
  return role.endsWith('-jobs') ? 'jobs' : 'work';
}

/** `verb resource.group`, as kubectl writes resources; a subresource as `pods/eviction`. */
export function right(verb: string, resource: string, group: string): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}

/** Rights of all the roles, those for other purposes than the work with their purpose before them: `lease: get leases.coordination.k8s.io`. */
export function grantedRights(roles: readonly GrantedRole[]): ReadonlySet<string> {
  return new Set(
    roles.flatMap(({ name, rules }) =>
      rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) => verbs.map((verb) => rightFor(name, right(verb, resource, group)))),
        ),
      ),
    ),
  );
}

export function rightFor(role: string, what: string): string {
  const purpose = purposeOf(role);
  return purpose === 'work' ? what : `${purpose}: ${what}`;
}
