import { httpInstrumentation } from '@foreshock/instrumentation-http';
import { RetryRecognition, resilienceInstrumentation } from '@foreshock/instrumentation-resilience';
import { ContextAttributesProcessor } from '../../foreshock/src/context-attributes-processor.ts';
import { recordSpans, type Recorded } from '../../testkit/src/record-spans.ts';
import { propagation } from '@opentelemetry/api';
import { ForeshockPropagator } from '@foreshock/propagator';

/** The child process of `scenario.ts`: plays a scenario with or without instrumentation and prints what came of it. */
const [traced, libraries, scenario, url] = process.argv.slice(2) as [string, string, string, string];

let recorded: Recorded | undefined;
if (traced === 'traced') {
  propagation.setGlobalPropagator(new ForeshockPropagator());
  recorded = recordSpans([httpInstrumentation(), resilienceInstrumentation()], {
    spanProcessors: [new ContextAttributesProcessor(), new RetryRecognition()],
  });
}

/** Everything the application can notice, in order. */
const log: unknown[] = [];
const app = {
  url,
  log: (...entry: unknown[]): void => void log.push(entry.length === 1 ? entry[0] : entry),
  /** A request that is being served, so to speak: the calls in it belong together. */
  span: <T>(name: string, fn: () => T): T => (recorded ? recorded.inSpan(name, fn) : fn()),
  /** Outcome of a call: its value, or which error. */
  async outcome(promise: unknown): Promise<unknown> {
    try {
      return { value: await promise };
    } catch (error) {
      const { constructor, name, message, code } = error as Error & { code?: unknown };
      return { error: constructor.name, name, message: message.replaceAll(url, ''), code };
    }
  },
};
process.on('unhandledRejection', (error) => app.log('unhandledRejection', String(error)));

// Timers of libraries keep no process alive.
setInterval(() => {}, 1_000);

const { play } = (await import(scenario)) as { play(libraries: unknown, app: object): Promise<void> };
const loaded = (await import(libraries)) as { default?: unknown };
await play(loaded.default ?? loaded, app);
// Spans of sockets that are just being closed.
await new Promise((resolve) => setTimeout(resolve, 20));
const result = { log, spans: recorded?.spans() ?? [], metrics: (await recorded?.metrics()) ?? [] };
// More than a pipe holds.
process.stdout.write(`READY ${JSON.stringify(result)}\n`, () => process.exit(0));
