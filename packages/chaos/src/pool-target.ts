import type { Target } from './target.ts';

interface ConnectionOptions {
  host?: string;
  port?: number | string;
  database?: string;
  application_name?: string;
}

/** Of pg, mysql2, or a driver that names its host. */
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
