/** Where a connection leads, a name that is looked up, a queue or a pool: whatever of it is known. */
export interface Target {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** A queue, the path of a socket; of a pool what it calls itself, and its database. */
  readonly names?: readonly string[];
}

/** Whether `pattern` (`host`, `host:port`, `*.host`, a name) is meant. */
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

/** As lines and spans show it. */
export function describeTarget({ host, port, names = [] }: Target): string {
  if (host === undefined) return names[0] ?? 'unknown';
  return port === undefined ? host : `${host}:${port}`;
}
