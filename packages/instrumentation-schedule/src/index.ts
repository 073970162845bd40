import { instrumentationOf, type Instrumentation, type InstrumentationConfig, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openSchedule } from './boundary.ts';

/**
 * A root span `job <name>` for each run of a cron job or interval that contains spans.
 *
 * @param config default: enabled for every supported library and `setInterval`
 */
export function scheduleInstrumentation(config: InstrumentationConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-schedule', version: VERSION, adapters, open: openSchedule },
    config,
  );
}
