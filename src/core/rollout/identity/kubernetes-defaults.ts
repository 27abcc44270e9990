/**
 * The defaults that the API server stores into the pod template of a ReplicaSet: struct -> what it fills in. Only for comparing a
 * user's template with a stored one; nothing is ever written with them.
 */
import { type Fields, isFields } from './go-writer.ts';

type Completion = (fields: Fields) => Fields;

/** Fills in what is absent or of another type. `empty` values count as absent: the empty text and zero, in fields that are no pointers. */
function fill(defaults: Readonly<Record<string, string | number | boolean>>, empty: 'empty-counts' | 'only-absent'): Completion {
  const entries = Object.entries(defaults);
  return (fields) => {
    const complete: Record<string, unknown> = { ...fields };
    for (const [name, value] of entries) {
      const given = fields[name];
      if (typeof given !== typeof value || (empty === 'empty-counts' && (given === '' || given === 0))) complete[name] = value;
    }
    return complete;
  };
}

/** What the API server pulls again: an image without tag and digest, or with the tag `latest`. */
function pullPolicy(image: unknown): string {
  const reference = typeof image === 'string' ? image : '';
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(reference.includes('@') ? reference.slice(0, reference.indexOf('@')) : reference)?.[1];
  if (tag === 'latest') return 'Always';
  // An image that cannot be parsed (an empty one, say) has no tag either, but is not taken for the latest.
  return tag === undefined && !reference.includes('@') && reference !== '' ? 'Always' : 'IfNotPresent';
}

const containerDefaults = fill(
  { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
  'empty-counts',
);

function container(fields: Fields): Fields {
  return containerDefaults(fill({ imagePullPolicy: pullPolicy(fields.image) }, 'empty-counts')(fields));
}

/** A volume of no kind is an emptyDir. */
function volume(fields: Fields): Fields {
  const hasSource = Object.entries(fields).some(([name, value]) => name !== 'name' && isFields(value));
  return hasSource ? fields : { ...fields, emptyDir: {} };
}

const podDefaults = fill(
  { dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'default-scheduler' },
  'empty-counts',
);
const graceDefault = fill({ terminationGracePeriodSeconds: 30 }, 'only-absent');

/** The deprecated `serviceAccount` is another name of serviceAccountName, which wins; only that one is kept. */
function podSpec(fields: Fields): Fields {
  const named = fields.serviceAccountName;
  const { serviceAccount, ...rest } = graceDefault(podDefaults(fields));
  return {
    ...rest,
    serviceAccountName: typeof named === 'string' && named !== '' ? named : serviceAccount,
    securityContext: isFields(fields.securityContext) ? fields.securityContext : {},
  };
}

const modeDefault = fill({ defaultMode: 0o644 }, 'only-absent');

export const kubernetesDefaults: Readonly<Record<string, Completion>> = {
  PodSpec: podSpec,
  Container: container,
  EphemeralContainer: container,
  ContainerPort: fill({ protocol: 'TCP' }, 'empty-counts'),
  Probe: fill({ timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 }, 'empty-counts'),
  HTTPGetAction: fill({ path: '/', scheme: 'HTTP' }, 'empty-counts'),
  GRPCAction: fill({ service: '' }, 'only-absent'),
  ObjectFieldSelector: fill({ apiVersion: 'v1' }, 'empty-counts'),
  FileKeySelector: fill({ optional: false }, 'only-absent'),
  Volume: volume,
  HostPathVolumeSource: fill({ type: '' }, 'only-absent'),
  SecretVolumeSource: modeDefault,
  ConfigMapVolumeSource: modeDefault,
  DownwardAPIVolumeSource: modeDefault,
  ProjectedVolumeSource: modeDefault,
  ServiceAccountTokenProjection: fill({ expirationSeconds: 3600 }, 'only-absent'),
  ISCSIVolumeSource: fill({ iscsiInterface: 'default' }, 'empty-counts'),
  RBDVolumeSource: fill({ pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }, 'empty-counts'),
  AzureDiskVolumeSource: fill({ cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' }, 'only-absent'),
  ScaleIOVolumeSource: fill({ storageMode: 'ThinProvisioned', fsType: 'xfs' }, 'empty-counts'),
  PersistentVolumeClaimSpec: fill({ volumeMode: 'Filesystem' }, 'only-absent'),
  ImageVolumeSource: (fields) => fill({ pullPolicy: pullPolicy(fields.reference) }, 'empty-counts')(fields),
};
