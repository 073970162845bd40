// Small applications of every kind end as they do without us: exit code, signal, both outputs; and what they had is sent.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeBinary, NODES, PRELOAD, startCollector, type Collector } from '@foreshock/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface App {
  code: string;
  /** Sent once the application has printed `up`. */
  signal?: NodeJS.Signals;
  /** Names of spans that are sent. */
  spans?: readonly string[] | 'any';
  esm?: boolean;
  nodeArgs?: readonly string[];
  /** Of a `--require` before ours. */
  before?: string;
  closeStderr?: boolean;
}

const WAITS = `setInterval(() => {}, 1_000);`;
/**
 * Runs what is given once the preload listens to signals, if it is there and has spans to send: the kernel's mask of
 * the signals that the process catches has SIGHUP then, which Node itself leaves alone.
 */
const HEAD = `const { readFileSync } = require('node:fs');
const isHeard = () => !process.env.OTEL_SERVICE_NAME || /SigCgt:.*[13579bdf]$/m.test(readFileSync('/proc/self/status', 'utf8'));
const soon = (run) => void (isHeard() ? run() : setTimeout(soon, 5, run));
const tracer = api.trace.getTracer('app');`;
const UP = `soon(() => console.log('up'));`;
const BLOCKS = (how: string): string => `soon(() => { console.log('up'); ${how} });`;
const LOOP = `const until = Date.now() + 20_000; while (Date.now() < until); console.log('went on');`;
const runsSync = (command: string): string =>
  `require('node:child_process').execFileSync('sh', ['-c', '${command}'], { stdio: 'ignore' });`;
const GRACEFUL = `() => setTimeout(() => { console.log('graceful'); process.exit(0); }, 50)`;
const OPEN = `const span = tracer.startSpan('open');`;

const APPS: Record<string, App> = {
  'ends by itself': { code: `tracer.startSpan('done').end(); console.log('bye');`, spans: ['done'] },
  'ends by itself, as an ES module': { code: `tracer.startSpan('done').end();`, spans: ['done'], esm: true },
  'has an exit code': { code: `${OPEN} process.exitCode = 4;`, spans: ['open'] },
  exits: { code: `${OPEN} process.exit(3);`, spans: ['open'] },
  'exits in an exit listener': { code: `${OPEN} process.on('exit', () => process.exit(5));`, spans: ['open'] },
  'throws in an exit listener': {
    code: `${OPEN} process.on('exit', () => { throw new Error('late'); });`,
    spans: ['open'],
  },
  'ends its span in an exit listener': {
    code: `${OPEN} process.on('exit', (code) => { span.end(); tracer.startSpan('late').end(); });`,
    spans: ['late', 'open'],
  },
  throws: { code: `${OPEN} throw new Error('boom');`, spans: ['open'] },
  rejects: { code: `${OPEN} Promise.reject(new Error('boom'));`, spans: ['open'] },
  'catches what is thrown': {
    code: `${OPEN} process.on('uncaughtException', (error) => console.log(error.stack)); setTimeout(() => { throw new Error('x'); });`,
    spans: ['open'],
  },
  'replaces process.emit': {
    code: `${OPEN} const { emit } = process;
           process.emit = function (event) { if (event === 'exit') console.log('patched'); return emit.apply(this, arguments); };`,
    spans: ['open'],
  },
  'removes all listeners': { code: `${OPEN} process.removeAllListeners();`, spans: ['open'] },
  'kills itself': {
    code: `${OPEN} process.kill(process.pid, 'SIGTERM'); console.log('not reached');`,
    spans: ['open'],
  },
  'kills itself, later': {
    code: `${OPEN} ${WAITS} soon(() => { process.kill(process.pid, 'SIGINT'); console.log('not reached'); });`,
    spans: ['open'],
  },
  'kills a process that is not there': {
    code: `try { process.kill(2 ** 30, 'SIGTERM'); } catch (error) { console.log(error.stack); }`,
  },
  'gets a signal': { code: `${OPEN} ${WAITS} ${UP}`, signal: 'SIGTERM', spans: ['open'] },
  'gets a signal with nothing to lose': { code: `${WAITS} console.log('up');`, signal: 'SIGINT' },
  'is blocked by a loop': { code: `${OPEN} ${BLOCKS(LOOP)}`, signal: 'SIGTERM', spans: ['open'] },
  'is blocked by an endless loop': { code: `${OPEN} ${BLOCKS('for (;;);')}`, signal: 'SIGINT', spans: ['open'] },
  'is blocked by a regular expression': {
    code: `${OPEN} ${BLOCKS(`/^(a+)+$/.test('a'.repeat(60) + 'b'); console.log('went on');`)}`,
    signal: 'SIGHUP',
    spans: ['open'],
  },
  'is blocked by promises': {
    code: `${OPEN} ${BLOCKS(`(async () => { for (;;) await null; })();`)}`,
    signal: 'SIGTERM',
    spans: ['open'],
  },
  'is blocked by a child': {
    code: `${OPEN} ${BLOCKS(`${runsSync('kill -TERM $PPID; sleep 5')} console.log('went on');`)}`,
  },
  'was blocked by a child when the signal came': {
    code: `${OPEN} ${BLOCKS(`${runsSync('kill -INT $PPID; sleep 0.1')} console.log('went on');`)}`,
    spans: ['open'],
  },
  'is blocked and may not use the inspector': {
    code: `${OPEN} ${BLOCKS(LOOP)}`,
    nodeArgs: ['--permission', '--allow-fs-read=*', '--allow-worker', '--no-warnings'],
    signal: 'SIGTERM',
    // Sent only if the loop ends before the thread stops waiting for it.
    spans: 'any',
  },
  'exits when the signal comes, and may not use the inspector': {
    code: `${OPEN} process.on('exit', () => { ${runsSync('kill -TERM $PPID; sleep 0.1')} }); soon(() => process.exit());`,
    nodeArgs: ['--permission', '--allow-fs-read=*', '--allow-worker', '--allow-child-process', '--no-warnings'],
    spans: ['open'],
  },
  'is blocked, and another preload listens to SIGWINCH': {
    code: `${OPEN} ${BLOCKS(LOOP)}`,
    before: `process.on('SIGWINCH', () => {});`,
    signal: 'SIGTERM',
    spans: ['open'],
  },
  'has a listener of an earlier preload': {
    code: `${OPEN} ${WAITS} ${UP}`,
    before: `process.once('SIGTERM', ${GRACEFUL});`,
    signal: 'SIGTERM',
    spans: ['open'],
  },
  'gets a signal, as an ES module': { code: `${OPEN} ${WAITS} ${UP}`, signal: 'SIGINT', spans: ['open'], esm: true },
  'is blocked by a loop, as an ES module': {
    code: `${OPEN} ${BLOCKS(LOOP)}`,
    signal: 'SIGTERM',
    spans: ['open'],
    esm: true,
  },
  'shuts down, as an ES module': {
    code: `${OPEN} process.once('SIGTERM', ${GRACEFUL}); ${WAITS} ${UP}`,
    signal: 'SIGTERM',
    spans: ['open'],
    esm: true,
  },
  'is copied, process.emit and all': {
    code: `${OPEN} const copy = Object.create(process); copy.emit = () => console.log('copy'); console.log(copy.emit === process.emit);
           process.on('exit', () => console.log('exit'));`,
    spans: ['open'],
  },
  'is blocked at once, with nothing to lose': { code: `console.log('up'); ${LOOP}`, signal: 'SIGTERM' },
  'listens once, first': {
    code: `${OPEN} process.prependOnceListener('SIGTERM', ${GRACEFUL}); ${WAITS} ${UP}`,
    signal: 'SIGTERM',
    spans: ['open'],
  },
  'has a listener that removes itself': {
    code: `${OPEN} const own = () => { process.off('SIGINT', own); (${GRACEFUL})(); }; process.on('SIGINT', own); ${WAITS} ${UP}`,
    signal: 'SIGINT',
    spans: ['open'],
  },
  'cleans up and kills itself again': {
    code: `${OPEN} process.once('SIGTERM', () => setTimeout(() => { console.log('clean'); process.kill(process.pid, 'SIGTERM'); console.log('not reached'); }, 50)); ${WAITS} ${UP}`,
    signal: 'SIGTERM',
    spans: ['open'],
  },
  'listens no more': {
    code: `${OPEN} const own = () => console.log('never'); process.on('SIGTERM', own); process.off('SIGTERM', own); ${WAITS} ${UP}`,
    signal: 'SIGTERM',
    spans: ['open'],
  },
  'listens once, again and again': {
    code: `${OPEN} let left = 30; const again = () => { if (left-- === 0) { span.end(); process.exit(9); } process.once('SIGTERM', again); process.kill(process.pid, 'SIGTERM'); };
           ${WAITS} soon(again);`,
    spans: ['open'],
  },
  'closes its server when the signal comes, with an exit code': {
    code: `const server = require('node:http').createServer((request, response) => response.writeHead(503, { 'retry-after': '0' }).end('no'));
           process.on('exit', (code) => console.log('exit', code));
           server.listen(0, async () => {
             for (let i = 0; i < 3; i++) console.log(await (await fetch('http://127.0.0.1:' + server.address().port)).text());
             process.once('SIGTERM', (signal, number) => {
               console.log(signal, number, process.listenerCount('SIGTERM'));
               process.exitCode = 9;
               server.close(() => console.log('closed'));
               server.closeAllConnections();
             });
             process.kill(process.pid, 'SIGTERM');
           });`,
    spans: 'any',
  },
  'survives a signal': {
    code: `${OPEN} process.on('SIGHUP', () => { console.log('heard'); clearInterval(timer); }); const timer = ${WAITS} ${UP}`,
    signal: 'SIGHUP',
    spans: ['open'],
  },
  'has ten listeners of each kind': {
    code: `${OPEN} for (const event of ['SIGTERM', 'SIGINT', 'exit', 'beforeExit']) for (let i = 0; i < 10; i++) process.on(event, () => {});
           console.log(process.eventNames().join(), process.listenerCount('SIGTERM'), process.listeners('exit').length, process.listenerCount('newListener'), process.listenerCount('removeListener'));
           setTimeout(() => process.exit(), 50);`,
    spans: ['open'],
  },
  'emits a signal itself': {
    code: `${OPEN} soon(() => console.log(process.emit('SIGINT')));`,
    spans: ['open'],
  },
  'ends spans with whatever an event carries': {
    code: `for (const given of [false, null, 'x', new Error('e'), NaN, {}, [1, 2, 3]]) tracer.startSpan('odd').end(given);
           tracer.startSpan('odd', null).addEvent('e', null, 'x').addEvent('e', 'x').recordException(new Error('e'), {});`,
    spans: Array(8).fill('odd'),
  },
  'has lost the reader of its standard error': {
    code: `tracer.startSpan('done').end(); setTimeout(() => console.log('to its end'), 50);`,
    closeStderr: true,
    spans: ['done'],
  },
  'reads standard input': {
    code: `${OPEN} process.stdin.on('data', () => {}).on('end', () => console.log('end of input'));`,
    spans: ['open'],
  },
  forks: {
    code: `const { fork } = require('node:child_process');
           if (process.argv[2]) process.exit(7);
           fork(__filename, ['child']).on('exit', (code) => console.log('child', code));`,
  },
  'is a cluster': {
    code: `const cluster = require('node:cluster');
           if (cluster.isPrimary) cluster.fork().on('exit', (code, signal) => console.log('worker', code, signal));
           else setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50);`,
  },
  'waits for ever at its top': { code: `${OPEN} await new Promise(() => {});`, spans: ['open'], esm: true },
  'goes on when it is about to end': {
    code: `let rounds = 0; process.on('beforeExit', () => ++rounds < 4 && setTimeout(() => tracer.startSpan('round').end(), 1));
           process.on('exit', (code) => console.log(rounds, code));`,
    spans: ['round', 'round', 'round'],
  },
  'waits for a lock': {
    code: `${OPEN} ${BLOCKS(`Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20_000); console.log('went on');`)}`,
    signal: 'SIGTERM',
    spans: ['open'],
  },
  'waits for its worker thread, which fetches': {
    code: `const { Worker, isMainThread, workerData: words } = require('node:worker_threads');
           if (!isMainThread) return void fetch('data:,hello').then((response) => response.text()).then(({ length }) => {
             tracer.startSpan('fetched').end();
             Atomics.store(words, 0, length);
             Atomics.notify(words, 0);
           });
           const answer = new Int32Array(new SharedArrayBuffer(4));
           new Worker(__filename, { workerData: answer });
           console.log(Atomics.wait(answer, 0, 0, 20_000), answer[0]);`,
    spans: ['fetched'],
  },
  'has a worker thread without memory': {
    code: `const { Worker, isMainThread } = require('node:worker_threads');
           if (!isMainThread) for (const kept = []; ; ) kept.push(new Array(1_000).fill(Math.random()));
           new Worker(__filename, { resourceLimits: { maxOldGenerationSizeMb: 16 } })
             .on('error', (error) => console.log(error.code)).on('exit', (code) => console.log(code));`,
    spans: 'any',
  },
  'has a worker thread that exits': {
    code: `const { Worker, isMainThread } = require('node:worker_threads');
           if (isMainThread) new Worker(__filename).on('exit', (code) => console.log('worker', code));
           else { process.on('exit', () => console.log('worker exits')); process.exit(6); }`,
  },
};

let folder: string;
let collector: Collector;
let silent: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foreshock-apps-'));
  collector = await startCollector();
  silent = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
  await new Promise((resolve) => silent.once('listening', resolve));
});
afterAll(async () => {
  silent.close();
  await collector.close();
  rmSync(folder, { recursive: true });
});

const API = JSON.stringify(createRequire(import.meta.url).resolve('@opentelemetry/api'));

/** Two at a time, or they would wait for one another longer than the end of a process may be put off. */
const free = [Promise.resolve(), Promise.resolve()];
async function run(...args: Parameters<typeof start>): ReturnType<typeof start> {
  const turn = free.shift()!;
  const done = Promise.withResolvers<void>();
  free.push(done.promise);
  await turn;
  return start(...args).finally(done.resolve);
}

function start(name: string, app: App, node: 22 | 24 | 26, endpoint: string | undefined, flushMs = '20000') {
  const file = join(folder, `${name.replaceAll(/\W/g, '-')}.${app.esm ? 'mjs' : 'cjs'}`);
  const head = app.esm
    ? `import api from ${API}; import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`
    : `const api = require(${API});`;
  writeFileSync(file, `${head} ${HEAD}\n${app.code}\n`);
  const preload = app.esm ? ['--import', pathToFileURL(PRELOAD).href] : ['--require', PRELOAD];
  const earlier = file.replace(/\.\w+$/, '.before.cjs');
  if (app.before) writeFileSync(earlier, app.before);
  const nodeArgs = [...(app.nodeArgs ?? []), ...(app.before ? ['--require', earlier] : [])];
  const child = spawn(nodeBinary(node), [...nodeArgs, ...(endpoint ? preload : []), file], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...(endpoint && {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_SERVICE_NAME: `${node} ${name}`,
        FORESHOCK_FLUSH_MS: flushMs,
        // What another run on this machine has left is not this process's.
        FORESHOCK_SPOOL_DIR: mkdtempSync(join(folder, 'spool-')),
      }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (app.signal && text.includes('up\n')) child.kill(app.signal);
  });
  if (app.closeStderr) child.stderr.destroy();
  else child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) =>
    child.on('close', (code, signal) => {
      // Our own lines; of stacks, Node's frames, and ours where a module of the application's is loaded.
      const beside = /^foreshock: .*\n|\n +at [^\n]*(?:node:|(?:register|preload)\.cjs)[^\n]*/gm;
      resolve({ code, signal, stdout: stdout.replace(beside, ''), stderr: stderr.replace(beside, '') });
    }),
  );
}

/** What stands on Node's internals. */
const EVERYWHERE = /exit|itself|emit|loop|child|listen|inspector/;

/** Of a process that was ended in the middle of something or was blocked: test/crash and event-loop.test.ts show them. */
const REPORTS = ['process.died', 'event_loop.blocked'];

describe.each(NODES)('Node %s', { concurrent: true }, (node) => {
  it.each(Object.entries(APPS).filter(([name]) => node === 24 || EVERYWHERE.test(name)))(
    '%s',
    { timeout: 60_000 },
    async (name, app) => {
      const without = await run(name, app, node, undefined);
      const withPreload = await run(name, app, node, collector.url);
      expect(withPreload).toEqual(without);
      const service = `${node} ${name}`;
      const sent = collector.spans.filter((span) => span.resource['service.name'] === service);
      // All lies in the trace of the process's start, whose own span is another's matter.
      const names = sent.map((span) => span.name).filter((own) => !own.startsWith('start ') && !REPORTS.includes(own));
      if (app.spans !== 'any') expect(names.sort()).toEqual(app.spans ?? []);
    },
  );
});

describe.each(['refuses', 'hangs'])('a backend that %s', { concurrent: true }, (what) => {
  const endpoint = (): string => `http://127.0.0.1:${what === 'hangs' ? (silent.address() as AddressInfo).port : 1}`;
  const ends = ['ends by itself', 'exits', 'throws', 'gets a signal', 'is blocked by a loop', 'listens once, first'];
  it.each(ends)('%s', { timeout: 60_000 }, async (name) => {
    const app = APPS[name]!;
    const without = await run(`${what} ${name}`, app, 24, undefined);
    expect(await run(`${what} ${name}`, app, 24, endpoint(), '500')).toEqual(without);
  });
});
