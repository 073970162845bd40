import { instrumentationOf, type Instrumentation, type InstrumentationConfig, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openSchedule } from './boundary.ts';

/**
 * Background work, as OpenTelemetry's `Instrumentation`: a root span `job <name>` for each run of a cron job or an
 * interval in which something is traced.
 *
 * @param config default: attached at construction, to every library this package knows and to `setInterval`
 */
export function scheduleInstrumentation(config: InstrumentationConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-schedule', version: VERSION, adapters, open: openSchedule },
    config,
  );
}
