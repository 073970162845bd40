// What a burst of spans in one tick makes of its request, which reads and writes a row of JSON in each: CPU time of the
// main thread, without the preload and with one or two builds in turn, each in a process of its own.
// node packages/foreshock/bench/burst.cjs [register.cjs of another build] [spans]
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

const OURS = join(__dirname, '../dist/register.cjs');
const PASSES = 5;

if (process.env.BENCH_BURST) burst(Number(process.env.BENCH_BURST));
else compare(process.argv[2], Number(process.argv[3] ?? 100_000));

/** Prints the CPU time of a burst, the best of three once it is warm, ms. */
function burst(count) {
  const { trace } = require('@opentelemetry/api');
  const tracer = trace.getTracer('bench');
  let written = 0;
  const once = () => {
    const before = process.threadCpuUsage();
    for (let i = 0; i < count; i++) {
      const span = tracer.startSpan('query', { attributes: { 'db.system.name': 'bench', row: i } });
      written += JSON.stringify(JSON.parse(`{"id":${i},"name":"order","items":[1,2,3],"price":12.5}`)).length;
      span.end();
    }
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  };
  once();
  const rounds = [];
  const next = () => {
    rounds.push(once());
    if (rounds.length < 3) return setTimeout(next, 500);
    if (written > 0) console.log(Math.min(...rounds));
    process.exit();
  };
  setTimeout(next, 500);
}

function compare(other, count) {
  const env = {
    ...process.env,
    BENCH_BURST: String(count),
    // No server listens there: the spool is full soon, as in an outage.
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_LOG_LEVEL: 'none',
    FORESHOCK_FLUSH_MS: '0',
  };
  const builds = { 'no preload': undefined, 'this build': OURS, ...(other && { 'other build': other }) };
  const best = {};
  for (let pass = 0; pass < PASSES; pass++) {
    for (const [name, file] of Object.entries(builds)) {
      const ms = Number(
        spawnSync(process.execPath, [...(file ? ['--require', file] : []), __filename], { env }).stdout,
      );
      best[name] = Math.min(best[name] ?? Infinity, ms);
    }
  }
  for (const [name, ms] of Object.entries(best)) {
    console.log(
      `${name.padEnd(12)} ${ms.toFixed(0)} ms, ${(ms / best['no preload']).toFixed(2)} of the request without`,
    );
  }
}
