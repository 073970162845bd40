import { instrumentationOf, type Instrumentation, VERSION } from '@foreshock/kit';
import { adapters } from './adapters/index.ts';
import { openHttp, type HttpConfig } from './boundary.ts';

export type { HttpConfig } from './boundary.ts';
export { innerSpanEnded, innerSpanStarted } from './inner-server-span.ts';

/**
 * HTTP servers, clients and routes as OpenTelemetry's `Instrumentation`.
 *
 * @param config default: attached, to all libraries
 */
export function httpInstrumentation(config: HttpConfig = {}): Instrumentation {
  return instrumentationOf(
    { name: '@foreshock/instrumentation-http', version: VERSION, adapters, open: openHttp },
    config,
  );
}
