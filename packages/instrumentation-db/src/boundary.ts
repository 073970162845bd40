import {
  Caller,
  holdingOf,
  keyHash,
  messageContext,
  OperationClient,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import type { DbEvents } from './events.ts';
import { beginOperation, startCommand } from './operation.ts';
import { startQuery } from './query.ts';
import { noteRow } from './row-note.ts';
import { Statements } from './statements.ts';
import { Transactions } from './transactions.ts';

export interface DbConfig extends InstrumentationConfig {
  /** Records full server error messages; default false (`FORESHOCK_DB_ERROR_MESSAGES`): up to the first value. */
  errorMessages?: boolean;
  /**
   * Salt (`FORESHOCK_KEY_HASH`): records a hash of the row that a simple statement names, for `foreshock races`. Default
   * undefined: none.
   */
  keyHash?: string | undefined;
}

export function openDb(telemetry: Telemetry, config: DbConfig): DbEvents {
  const client = new OperationClient(telemetry, config.errorMessages);
  const statements = new Statements();
  const transactions = new Transactions();
  const hashOf = config.keyHash === undefined ? undefined : keyHash(config.keyHash);
  return {
    query(connection, described) {
      const query = startQuery(client, statements, transactions, connection, described);
      if (hashOf && query) noteRow(query, described, hashOf);
      return query;
    },
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
