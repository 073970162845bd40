// Plays an incident in a checkout of four services and shows what Foreshock saw of it: `npm run demo`.
//
// The services in services/ know nothing of Foreshock. All there is to it is in `startServices` below:
// `node --require foreshock/register services/orders.mjs`, and where the spans go.
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { playIncident } from './incident.mjs';
import { Processes } from './processes.mjs';
import { showProgress } from './progress.mjs';
import { findCollector, startReceiver } from './receiver.mjs';
import { logLines, milliseconds, waterfall } from './waterfall.mjs';
import { durationOf, isPoolWait, isQuery, worstTrace } from './worst-trace.mjs';

const { resolve } = createRequire(import.meta.url);
const COLLECTOR = process.env.OTEL_EXPORTER_OTLP_ENDPOINT || 'http://localhost:4318';
const FOREIGN = /^(PG|OTEL_|FORESHOCK_|NODE_USE_ENV_PROXY)/;
const INHERITED = /^OTEL_(LOG_LEVEL|RESOURCE_ATTRIBUTES|EXPORTER_ZIPKIN_)/;
const JAEGER_UI_PORT = 16686;
const ORDINALS = ['first', 'second', 'third', 'fourth'];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  console.error(`The demo needs Node 22.15 or newer, this is ${process.version}. \`npm run demo\` brings its own.`);
  process.exit(1);
}

/** @type {{ service: string, record: Record<string, any> }[]} what pino wrote */
const logs = [];
const processes = new Processes((service, line) => {
  const record = recordOf(line);
  if (record) logs.push({ service, record });
});

let progress;
let ended;
/** Ends every process we started, then this one; the first call decides the exit code. */
function end(exitCode) {
  progress?.stop();
  ended ??= processes.stop().then(() => process.exit(exitCode));
  return ended;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end(128 + constants.signals[signal]));
process.stdout.on('error', () => end(1)); // whoever read our output went away

try {
  await Promise.race([demo(), processes.failure]);
  await end(0);
} catch (error) {
  progress?.stop();
  if (!ended) console.error(`\n${styleText('red', 'The demo failed:', { stream: process.stderr })} ${error.message}`);
  await end(1);
}

async function demo() {
  const collector = await findCollector(COLLECTOR);
  const receiver = await startReceiver(collector);

  heading('customer → gateway → orders → Postgres (a pool of 5) → job → worker → payments');
  const gateway = await startServices(receiver.url);
  say(`  spans go to the receiver of this demo${collector ? ` and to the collector at ${collector}` : ''}`);

  heading('The incident: how long the slowest checkout takes');
  const checkouts = [];
  progress = showProgress(checkouts);
  await playIncident(gateway, progress.phase, checkouts);
  progress.stop();

  const trace = await worstTrace(receiver.traces, checkouts.length);
  showTrace(trace, receiver.traces, checkouts.length);
  showLogs(trace);
  const { refused } = await receiver.forwarded();
  showWhereToLook(trace, collector, refused);
}

/** Starts Postgres and the four services; resolves with the gateway's address. */
async function startServices(receiver) {
  const preload = preloadFile();
  const postgres = await processes.start('postgres', [here('postgres.mjs')], { ready: /listening at (postgres:\S+)/ });
  const DATABASE_URL = postgres.url;
  announce(postgres, `127.0.0.1:${new URL(DATABASE_URL).port}`);

  const service = async (file, variables, ready = /listening at (http:[^"\s]+)/) => {
    const name = file.split('.')[0];
    const args = ['--require', preload, here(`services/${file}`)];
    const started = await processes.start(name, args, { env: { ...environment(name, receiver), ...variables }, ready });
    announce(started, `node --require foreshock/register services/${file}`);
    return started.url;
  };
  const [PAYMENTS_URL, ORDERS_URL] = await Promise.all([
    service('payments.cjs'),
    service('orders.mjs', { DATABASE_URL }),
  ]);
  const [gateway] = await Promise.all([
    service('gateway.mjs', { ORDERS_URL }),
    service('worker.mjs', { DATABASE_URL, PAYMENTS_URL }, /worker waiting for payments/),
  ]);
  return gateway;
}

function preloadFile() {
  try {
    return resolve('foreshock/register');
  } catch (cause) {
    throw new Error('foreshock/register is not built: `npm run build`, which `npm run demo` does first.', { cause });
  }
}

/** A service's environment: ours without what would change where it connects to, its name, and the receiver. */
function environment(name, receiver) {
  const inherited = Object.entries(process.env).filter(([key]) => INHERITED.test(key) || !FOREIGN.test(key));
  const more = (process.env.OTEL_TRACES_EXPORTER ?? '').split(/[\s,]+/).filter((name) => name && name !== 'none');
  return {
    ...Object.fromEntries(inherited),
    PORT: '0',
    OTEL_SERVICE_NAME: name,
    OTEL_TRACES_EXPORTER: [...new Set(['otlp', ...more])].join(','),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
}

function showTrace(trace, traces, checkouts) {
  const root = trace.find(({ parentSpanId }) => parentSpanId === '');
  const inLine = sum(trace.filter(isPoolWait).map(({ attributes }) => attributes['pool.wait_ms']));
  const inSql = sum(trace.filter(isQuery).map(({ start, end }) => end - start));
  const charges = trace.filter(({ service, kind }) => service === 'payments' && kind === 'SERVER').length;
  heading(`The worst of ${checkouts} checkouts, trace ${root.traceId}`);
  say(
    `  The customer waited ${milliseconds(root.end - root.start)}, ${milliseconds(inLine)} of it for a database connection.`,
    `  The queries took ${milliseconds(inSql)}. Paid after ${milliseconds(durationOf(trace))}, at the ${ORDINALS[charges - 1] ?? 'last'} attempt.`,
    '',
    ...waterfall(trace, { traces, width: Math.min(process.stdout.columns ?? 110, 140) }),
  );
}

function showLogs(trace) {
  const { traceId } = trace[0];
  heading('What the services logged for it');
  say(...logLines(logs.filter(({ record }) => record.trace_id === traceId)));
}

function showWhereToLook(trace, collector, refused) {
  const { traceId } = trace[0];
  const jaeger = `http://${new URL(collector ?? 'http://localhost').hostname}:${JAEGER_UI_PORT}`;
  heading('In Jaeger');
  if (collector) {
    say(`  ${jaeger}/trace/${traceId}`);
    if (refused) say(`  The collector at ${collector} did not take everything: ${refused}.`);
  } else {
    say(
      `  No collector answered at ${COLLECTOR}, so these spans were seen here alone. To look at them in Jaeger:`,
      '',
      '    docker compose -f docker-compose.jaeger.yml up -d --wait && npm run demo',
      '',
      `  and open ${jaeger}`,
    );
  }
  say('', '  The services know nothing of this: examples/checkout/services has no line of tracing in it.', '');
}

/** Prints a process that is up, and how it was started. */
function announce({ name, pid }, how) {
  say(`  ${name.padEnd(10)}${styleText('dim', `pid ${String(pid).padEnd(9)}`)}${how}`);
}

function heading(text) {
  say('', styleText('bold', text), '');
}

function say(...lines) {
  console.log(lines.join('\n'));
}

/** A line of pino, or undefined if somebody else wrote it. */
function recordOf(line) {
  try {
    return line.startsWith('{') ? JSON.parse(line) : undefined;
  } catch {
    return undefined;
  }
}

function here(file) {
  return fileURLToPath(new URL(file, import.meta.url));
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
