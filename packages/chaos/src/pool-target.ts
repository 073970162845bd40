import type { Target } from './target.ts';

/** As the drivers have them. */
interface ConnectionOptions {
  host?: string;
  port?: number | string;
  database?: string;
  application_name?: string;
}

/** Where a pooled connection leads: one of pg, of mysql2, or of a driver that names its host. */
export function pooledTarget(connection: object | undefined): Target {
  const { connectionParameters, config } = (connection ?? {}) as Record<string, object | undefined>;
  const { host, port, database, application_name } = (connectionParameters ??
    config ??
    connection ??
    {}) as ConnectionOptions;
  const names = [application_name, database].filter((name) => name !== undefined);
  return {
    ...(typeof host === 'string' && { host }),
    ...(port !== undefined && { port: Number(port) }),
    ...(names.length > 0 && { names }),
  };
}
