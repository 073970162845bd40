import type { ConnectionTarget } from '@foreshock/kit';

/** lib/connection.js */
export interface Connection {
  config: {
    server?: string;
    options: { port?: number; database?: string; instanceName?: string; enableQuotedIdentifier?: boolean };
  };
}

/** After login and `USE`. */
const databases = new WeakMap<object, string>();

export function noteDatabase(connection: Connection, database: unknown): void {
  if (typeof database === 'string') databases.set(connection, database);
}

export function targetOfConnection(connection: Connection): ConnectionTarget & { system: string } {
  const { server, options } = connection.config;
  const { port, instanceName } = options;
  const database = databases.get(connection) ?? (options.database || undefined);
  return {
    system: 'microsoft.sql_server',
    host: server,
    // A named instance's is asked for.
    port: instanceName ? undefined : port,
    // As the conventions write it.
    database: instanceName && database ? `${instanceName}|${database}` : database,
  };
}
