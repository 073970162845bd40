/**
 * What a log line costs: `node -C @foreshock/source packages/instrumentation-logs/bench/line.ts`.
 *
 * Each way runs in a process of its own, since a library patched once stays known to V8 as such; the
 * processes take turns, and the best of their rounds counts: what disturbs a round only makes it slower.
 *
 * 2026-11-30, ns of CPU, two busy cores: alone 918; outside a trace now 1,016, at 1e05e01 1,014, by `hooks.returning` 1,155;
 * in a span 1,735 and 1,786.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

const WAYS = ['pino alone', 'foreshock', 'upstream, correlation only', 'upstream, default'] as const;
type Way = (typeof WAYS)[number];

const LINES = 200_000;
const ROUNDS = 5;
const TURNS = 3;
const require = createRequire(import.meta.url);

async function patch(way: Way): Promise<void> {
  if (way === 'foreshock') {
    const { logsInstrumentation } = await import('@foreshock/instrumentation-logs');
    logsInstrumentation();
  } else if (way !== 'pino alone') {
    const { PinoInstrumentation } = require('@opentelemetry/instrumentation-pino');
    const upstream = new PinoInstrumentation({ disableLogSending: way !== 'upstream, default' });
    upstream.enable();
  }
}

/** Nanoseconds a line, by scenario. */
async function measure(way: Way): Promise<Record<string, number>> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  await patch(way);
  const pino: typeof import('pino').pino = require('pino');
  // Reads the line as a file would, so that gluing strings is not put off for ever.
  const sink = { bytes: 0, write: (line: string) => void (sink.bytes += Buffer.byteLength(line)) };
  const log = pino({ base: { pid: 7, hostname: 'host' } }, sink as never);
  const child = log.child({ reqId: 'req-1', tenant: 'acme' });
  const redacting = pino({ redact: ['user.password', '*.token'] }, sink as never);
  const order = { orderId: 42, path: '/orders/42', ms: 12.5 };
  const scenarios: Record<string, () => void> = {
    message: () => log.info('order placed'),
    'object, message': () => log.info(order, 'order placed'),
    'child, object, message': () => child.info(order, 'order placed'),
    'own trace_id': () => log.info({ trace_id: 'mine' }, 'order placed'),
    'redaction with *': () => redacting.info(order, 'order placed'),
  };
  const span = () =>
    trace.setSpanContext(ROOT_CONTEXT, {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    });
  const best: Record<string, number> = {};
  const time = (name: string, write: () => void, inSpan: boolean): void => {
    const start = process.hrtime.bigint();
    // Five lines a span, as a request may have: nothing that is kept for a span is free.
    for (let i = 0; i < LINES; i += 5) {
      context.with(inSpan ? span() : ROOT_CONTEXT, () => {
        for (let line = 0; line < 5; line++) write();
      });
    }
    const each = Number(process.hrtime.bigint() - start) / LINES;
    best[name] = Math.min(best[name] ?? Infinity, each);
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, write] of Object.entries(scenarios)) time(name, write, true);
    time('message, outside a span', scenarios['message']!, false);
  }
  return best;
}

if (process.argv[2]) {
  console.log(JSON.stringify(await measure(process.argv[2] as Way)));
} else {
  const best: Partial<Record<Way, Record<string, number>>> = {};
  for (let turn = 0; turn < TURNS; turn++) {
    for (const way of WAYS) {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        ['-C', '@foreshock/source', '--no-warnings', fileURLToPath(import.meta.url), way],
        { encoding: 'utf8' },
      );
      if (stderr) throw new Error(stderr);
      const measured: Record<string, number> = JSON.parse(stdout);
      const sofar = (best[way] ??= {});
      for (const [name, each] of Object.entries(measured))
        sofar[name] = Math.round(Math.min(sofar[name] ?? Infinity, each));
    }
  }
  console.log(`Node ${process.version}, pino ${require('pino/package.json').version}, nanoseconds a line`);
  console.table(best);
}
