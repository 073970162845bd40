export interface Target {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** A queue, a socket path; a pool's name and database. */
  readonly names?: readonly string[];
}

/** `host`, `host:port`, `*.host`, a name. */
export function isTarget(pattern: string | undefined, target: Target): boolean {
  if (pattern === undefined) return true;
  if (target.names?.includes(pattern)) return true;
  const { host, port } = target;
  if (host === undefined) return false;
  const [, name = pattern, ownPort] = /^(.*?):(\d+)$/.exec(pattern) ?? [];
  if (ownPort !== undefined && Number(ownPort) !== port) return false;
  if (name.startsWith('*.')) return host.endsWith(name.slice(1));
  return name === host || name === '*';
}

export function describeTarget({ host, port, names = [] }: Target): string {
  if (host === undefined) return names[0] ?? 'unknown';
  return port === undefined ? host : `${host}:${port}`;
}
