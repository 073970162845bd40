// Plays an incident in a checkout of four services and shows what Foreshock saw of it: `npm run demo`, and with
// Redis, BullMQ and RabbitMQ besides `npm run demo -- --profile full`. The services in services/ know nothing of it.
// `npm run demo -- --fault NAME` plays one of many faults instead.
import { mkdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { sayExplained } from './explain.mjs';
import { playFault } from './faults/demo.mjs';
import { Experiment } from './faults/experiment.mjs';
import { FAULTS } from './faults/list.mjs';
import { playIncident } from './incident.mjs';
import { logLines, recordOf } from './log-lines.mjs';
import { checkoutInWords, incidentInWords } from './outcome.mjs';
import { Processes } from './processes.mjs';
import { showProgress } from './progress.mjs';
import { findCollector, isViewer, startReceiver } from './receiver.mjs';
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

const asked = options();
if (asked.fault === 'list') {
  for (const [name, { what }] of Object.entries(FAULTS)) console.log(`  ${name.padEnd(24)}${what}`);
  process.exit(0);
}
const recordings = path.join(import.meta.dirname, 'recordings');
const experiment = asked.fault
  ? new Experiment(asked.fault, asked.out ?? path.join(recordings, asked.fault), asked.seed, asked.rate)
  : undefined;
const { profile } = asked;
const needed = experiment?.servers ?? (profile === 'full' ? ['redis', 'rabbitmq'] : []);
const servers = await findServers(needed).catch(refuse);

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
  await Promise.race([experiment ? faultDemo() : demo(), processes.failure]);
  await end(0);
} catch (error) {
  progress?.stop();
  if (!ended) console.error(`\n${styleText('red', 'The demo failed:', { stream: process.stderr })} ${error.message}`);
  await end(1);
}

async function demo() {
  const collector = await findCollector(COLLECTOR);
  const breakerCalls = [];
  const folder = asked.out ?? path.join(recordings, `incident-${profile}`);
  const spans = path.join(folder, 'spans.otlp.jsonl');
  rmSync(spans, { force: true });
  mkdirSync(folder, { recursive: true });
  const onSpan = ({ start, attributes }) => {
    const state = attributes['circuitbreaker.state'];
    if (state) breakerCalls.push({ at: start, state });
  };
  const receiver = await startReceiver(collector, onSpan, spans);

  heading(PATHS[profile].join('\n'));
  const { gateway } = await startAll(processes, servers, receiver.url, announce);
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
  // The end of a process delivers what it still has.
  await processes.stop();
  const { refused } = await receiver.forwarded();
  if (collector && (await isViewer(collector))) showPage(trace, collector);
  else showWhereToLook(trace, collector, refused);
  sayExplained(spans, { heading, say });
}

/** One line and exit code 2 for what only the person at the terminal can mend. */
function refuse({ message }) {
  console.error(`The demo did not start: ${message}`);
  process.exit(2);
}

function options() {
  const text = { type: 'string' };
  try {
    const given = {
      profile: { ...text, default: 'default' },
      fault: text,
      out: text,
      seed: text,
      rate: text,
      length: text,
    };
    const { values } = parseArgs({ options: given });
    const { fault, out } = values;
    if (!Object.hasOwn(PATHS, values.profile)) {
      return refuse({ message: `there is no profile "${values.profile}", only ${Object.keys(PATHS).join(' and ')}.` });
    }
    if (fault !== undefined && fault !== 'list' && !Object.hasOwn(FAULTS, fault)) {
      return refuse({ message: `there is no fault "${fault}": \`--fault list\` names them.` });
    }
    const [seed, rate, length] = [
      ['seed', 1],
      ['rate', 8],
      ['length', 1],
    ].map(([name, byDefault]) => Number(values[name] ?? byDefault));
    if (!(Number.isSafeInteger(seed) && rate > 0 && rate <= 50 && length > 0 && length <= 20)) {
      return refuse({
        message: '--seed is a whole number, --rate up to 50 checkouts a second, --length up to 20 times.',
      });
    }
    return { profile: values.profile, fault, out: out && path.resolve(out), seed, rate, length };
  } catch ({ message }) {
    return refuse({ message: message.split('\n')[0] });
  }
}

async function faultDemo() {
  const collector = await findCollector(COLLECTOR);
  const { rate, length } = asked;
  const onProgress = (shown) => (progress = shown);
  await playFault(experiment, { processes, servers, collector, rate, length, heading, say, announce, onProgress });
}

function showTrace(trace, traces, checkouts) {
  heading(`The worst of ${checkouts} checkouts, trace ${trace[0].traceId}`);
  const width = Math.min(process.stdout.columns ?? 110, 140);
  const sentences = [...checkoutInWords(trace), ...incidentInWords([...traces.values()].flat())];
  const lines = sentences.flatMap((sentence) => wrap(sentence, width - 4));
  say(...lines.map((line) => `  ${line}`), '', ...waterfall(trace, { traces, width }));
}

function showPage(trace, viewer) {
  heading('On the page of `foreshock view`');
  say(`  the incident  ${viewer}/`, `  this trace    ${viewer}/#/trace/${trace[0].traceId}`, '');
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
      `  No collector answered at ${COLLECTOR}, so these spans were seen here alone. To look at them on a page that needs`,
      '  nothing installed, in another terminal before the demo:',
      '',
      '    npx foreshock view',
      '',
      '  In Jaeger:',
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
