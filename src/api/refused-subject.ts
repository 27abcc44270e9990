/** Whom the API server refused, as kubectl's `create rolebinding` takes it; it names them in its answer. */
export function refusedSubject(refusal: string): string {
  const user = /User "([^"]+)"/.exec(refusal)?.[1];
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user ?? '');
  if (account !== null) return `--serviceaccount=${account[1]}:${account[2]}`;
  return user === undefined ? '--serviceaccount=<namespace>:<service account of Rampart>' : `--user=${user}`;
}
