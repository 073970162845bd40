import {
  Caller,
  holdingOf,
  messageContext,
  OperationClient,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import type { DbEvents } from './events.ts';
import { beginOperation, startCommand } from './operation.ts';
import { startQuery } from './query.ts';
import { Statements } from './statements.ts';

export interface DbConfig extends InstrumentationConfig {
  /** Records full server error messages; default false (`FORESHOCK_DB_ERROR_MESSAGES`): up to the first value. */
  errorMessages?: boolean;
}

export function openDb(telemetry: Telemetry, config: DbConfig): DbEvents {
  const client = new OperationClient(telemetry, config.errorMessages);
  const statements = new Statements();
  return {
    query: (connection, described) => startQuery(client, statements, described, holdingOf(connection)),
    operation: () => beginOperation(client),
    command: (connection, described, policy) =>
      startCommand(client, statements, described, holdingOf(connection), policy),

    notification(system, channel) {
      const where = messageContext(telemetry.tracer, () => ({
        system,
        // Perhaps a user's name.
        destination: /^[a-z_]{1,64}$/i.test(channel) ? channel : undefined,
      }));
      return where && new Caller(where);
    },
  };
}
