// Plays an incident in a checkout of four services and shows what Foreshock saw of it: `npm run demo`, and with
// Redis, BullMQ and RabbitMQ besides `npm run demo -- --profile full`. The services in services/ know nothing of it.
import { constants } from 'node:os';
import { parseArgs, styleText } from 'node:util';
import { playIncident } from './incident.mjs';
import { logLines, recordOf } from './log-lines.mjs';
import { checkoutInWords, incidentInWords } from './outcome.mjs';
import { Processes } from './processes.mjs';
import { showProgress } from './progress.mjs';
import { findCollector, startReceiver } from './receiver.mjs';
import { findServers } from './servers/find.mjs';
import { startAll } from './start.mjs';
import { wrap } from './text.mjs';
import { waterfall } from './waterfall.mjs';
import { worstTrace } from './worst-trace.mjs';

const COLLECTOR = process.env.OTEL_EXPORTER_OTLP_ENDPOINT || 'http://localhost:4318';
const JAEGER_UI_PORT = 16686;
const PATHS = {
  default: ['customer → gateway → orders → Postgres (a pool of 5) → job → worker → breaker → payments'],
  full: [
    'customer → gateway → orders → Redis (prices), Postgres (a pool of 5)',
    '  job (pg-boss) → worker → breaker → payments; job (BullMQ) → mailer',
    '  order.placed (RabbitMQ) → warehouse, mailer',
  ],
};

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  console.error(`The demo needs Node 22.15 or newer, this is ${process.version}. \`npm run demo\` brings its own.`);
  process.exit(1);
}

const profile = profileAskedFor();
const servers = profile === 'full' ? await findServers().catch(refuse) : undefined;

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
  const breakerCalls = [];
  const receiver = await startReceiver(collector, ({ start, attributes }) => {
    const state = attributes['circuitbreaker.state'];
    if (state) breakerCalls.push({ at: start, state });
  });

  heading(PATHS[profile].join('\n'));
  const gateway = await startAll(processes, servers, receiver.url, announce);
  say(`  spans go to the receiver of this demo${collector ? ` and to the collector at ${collector}` : ''}`);

  heading('The incident: how long the slowest checkout takes');
  const checkouts = [];
  progress = showProgress(checkouts, breakerCalls);
  await playIncident(gateway, progress.phase, checkouts);
  progress.stop();

  const { traces } = receiver;
  const trace = await worstTrace(traces, { checkouts: checkouts.length, isFull: profile === 'full' });
  showTrace(trace, traces, checkouts.length);
  heading('What the services logged for it');
  say(...logLines(logs.filter(({ record }) => record.trace_id === trace[0].traceId)));
  const { refused } = await receiver.forwarded();
  showWhereToLook(trace, collector, refused);
}

/** One line and exit code 2 for what only the person at the terminal can mend. */
function refuse({ message }) {
  console.error(`The demo did not start: ${message}`);
  process.exit(2);
}

function profileAskedFor() {
  try {
    const { values } = parseArgs({ options: { profile: { type: 'string', default: 'default' } } });
    if (Object.hasOwn(PATHS, values.profile)) return values.profile;
    return refuse({ message: `there is no profile "${values.profile}", only ${Object.keys(PATHS).join(' and ')}.` });
  } catch ({ message }) {
    return refuse({ message: message.split('\n')[0] });
  }
}

function showTrace(trace, traces, checkouts) {
  heading(`The worst of ${checkouts} checkouts, trace ${trace[0].traceId}`);
  const width = Math.min(process.stdout.columns ?? 110, 140);
  const sentences = [...checkoutInWords(trace), ...incidentInWords([...traces.values()].flat())];
  const lines = sentences.flatMap((sentence) => wrap(sentence, width - 4));
  say(...lines.map((line) => `  ${line}`), '', ...waterfall(trace, { traces, width }));
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
function announce({ name, pid, how }) {
  say(`  ${name.padEnd(10)}${styleText('dim', pid ? `pid ${String(pid).padEnd(9)}` : ' '.repeat(13))}${how}`);
}

function heading(text) {
  say('', styleText('bold', text), '');
}

function say(...lines) {
  console.log(lines.join('\n'));
}
