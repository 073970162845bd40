import {
  Caller,
  holdingOf,
  messageContext,
  OperationClient,
  type InstrumentationConfig,
  type Telemetry,
} from '@foreshock/kit';
import type { DbEvents } from './events.ts';
import { startQuery } from './query.ts';
import { Statements } from './statements.ts';

/** Options of the database instrumentation. */
export interface DbConfig extends InstrumentationConfig {
  /**
   * Whether the server's error messages are recorded whole; default false (`FORESHOCK_DB_ERROR_MESSAGES`): they end
   * before the first value, for a value is somebody's data.
   */
  errorMessages?: boolean;
}

/** Turns what a database adapter reports into spans and metrics. */
export function openDb(telemetry: Telemetry, config: DbConfig): DbEvents {
  const client = new OperationClient(telemetry, config.errorMessages);
  const statements = new Statements();
  return {
    query: (connection, described) => startQuery(client, statements, described, holdingOf(connection)),

    notification(system, channel) {
      const where = messageContext(telemetry.tracer, () => ({
        system,
        // Some have a channel for each user.
        destination: /^[a-z_]{1,64}$/i.test(channel) ? channel : undefined,
      }));
      return where && new Caller(where);
    },
  };
}
