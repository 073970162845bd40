import { context, type Histogram, type Meter } from '@opentelemetry/api';
import {
  bindOnce,
  holdingOf,
  messageContext,
  privateMessageOf,
  wholeMessageOf,
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
  const statements = new Statements();
  const describe = config.errorMessages ? wholeMessageOf : privateMessageOf;
  let queryDuration: Histogram | undefined;

  telemetry.useMeter((meter: Meter) => {
    queryDuration = meter.createHistogram('db.client.operation.duration', {
      description: 'Duration of database client operations',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10] },
    });
    return () => {
      queryDuration = undefined;
    };
  });

  return {
    query(connection, described) {
      if (telemetry.standsAside) return undefined;
      return startQuery(telemetry, statements, described, holdingOf(connection), queryDuration, describe);
    },

    notification: (system, channel) =>
      messageContext(telemetry.tracer, () => ({
        system,
        // Some have a channel for each user.
        destination: /^[a-z_]{1,64}$/i.test(channel) ? channel : undefined,
      })),

    bind: (callback) => bindOnce(context.active(), callback),
  };
}
