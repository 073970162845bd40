// What worker threads cost in memory, without the preload and with it, each having made a span or none; median of five.
// `npm run build`, then: node packages/foreshock/bench/workers.cjs [workers]
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');

const COUNT = Number(process.argv[2] ?? 16);
const PRELOAD = join(__dirname, '../dist/register.cjs');

if (!isMainThread) work();
else if (process.env.BENCH_WORKERS === undefined) compare();
else measure(Number(process.env.BENCH_WORKERS));

function work() {
  const { trace } = require('@opentelemetry/api');
  if (process.env.BENCH_SPAN) trace.getTracer('bench').startSpan('s').end();
  parentPort.postMessage('up');
  setInterval(() => {}, 60_000);
}

/** Prints the resident memory once all workers are up and the sender, if any, has had its time. */
function measure(count) {
  let up = 0;
  const print = () => {
    console.log(process.memoryUsage.rss() / 1e6);
    process.exit();
  };
  const workers = Array.from({ length: count }, () => new Worker(__filename));
  for (const worker of workers) worker.on('message', () => ++up === count && setTimeout(print, 1_500));
}

function compare() {
  const rss = (args, count, span) => {
    const env = { ...process.env, BENCH_WORKERS: String(count), BENCH_SPAN: span, OTEL_BSP_SCHEDULE_DELAY: '100' };
    // No server listens there: spans wait, which costs the most.
    Object.assign(env, {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      OTEL_LOG_LEVEL: 'none',
      FORESHOCK_FLUSH_MS: '0',
    });
    const runs = Array.from({ length: 5 }, () =>
      Number(spawnSync(process.execPath, [...args, __filename], { env }).stdout),
    );
    return runs.sort((a, b) => a - b)[2];
  };
  const each = (args, span) => {
    // One worker is the base: what the first one costs more (the sender) is the process's, not each worker's.
    const [one, all] = [rss(args, 1, span), rss(args, COUNT, span)];
    return { one, all, each: (all - one) / (COUNT - 1) };
  };
  const plain = each([], '');
  const rows = [
    ['without', plain],
    ['preload, no spans', each(['--require', PRELOAD], '')],
    ['preload, a span each', each(['--require', PRELOAD], '1')],
  ];
  for (const [name, { one, all, each: mb }] of rows) {
    console.log(
      `${name.padEnd(22)} 1 worker ${one.toFixed(0)} MB, ${COUNT} workers ${all.toFixed(0)} MB, ${mb.toFixed(1)} MB each, ${(mb - plain.each).toFixed(1)} more`,
    );
  }
}
