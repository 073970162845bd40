/** In the child process of {@link adapterContract}. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import { recordSpans, type RecordedInstrumentation } from '../record-spans.ts';
import { Bench } from './bench.ts';
import { BREAKER_CHECKS, breakerChecks } from './breaker-checks.ts';
import { cacheChecks } from './cache-checks.ts';
import { DB_CHECKS, dbChecks } from './db-checks.ts';
import type { Check } from './check.ts';
import { hookedChecks } from './hooked-checks.ts';
import type { ContractApp, ContractFixture } from './app.ts';
import type { ContractCheck, Job, JobMessage } from './job.ts';
import { loadedChecks } from './loaded-checks.ts';
import { poolChecks } from './pool-checks.ts';
import { QUEUE_CHECKS, queueChecks } from './queue-checks.ts';
import { RETRY_CHECKS, retryChecks } from './retry-checks.ts';
import { RPC_CHECKS, rpcChecks } from './rpc-checks.ts';
import { scheduleChecks } from './schedule-checks.ts';
import { LIMIT_S, withinLimit } from './time-limit.ts';

const hookedWithRooms = {
  ...hookedChecks,
  ...breakerChecks,
  ...cacheChecks,
  ...dbChecks,
  ...poolChecks,
  ...queueChecks,
  ...retryChecks,
  ...rpcChecks,
};

type InstrumentationModule = Record<string, (config: object) => RecordedInstrumentation> & {
  spanProcessors?: () => SpanProcessor[];
};

function post(message: JobMessage): void {
  process.send!(message);
}

const faults: string[] = [];
process.on('unhandledRejection', (reason) => void faults.push(`unhandled rejection: ${String(reason)}`));
process.on('uncaughtException', (error) => void faults.push(`uncaught exception: ${String(error)}`));
process.on('warning', ({ name, message }) => {
  if (name === 'MaxListenersExceededWarning') faults.push(`${name}: ${message}`);
});
/** @param module the job's; default: imports it */
export function serve(module?: object): void {
  // The test process ended.
  process.on('disconnect', () => process.exit(1));
  process.once('message', (job: Job) => void run(job, module));
}

async function run(job: Job, module?: object): Promise<void> {
  post({ begun: 'start' });
  const { app, bench } = await prepare(job, module).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  const checks = checksFor(job, app);
  for (const name of job.checks) {
    post({ begun: name });
    faults.length = 0;
    const check = async (): Promise<string[]> => lacking(name, app, job) ?? checks[name]!(bench, post).catch(explain);
    const problems = await withinLimit(check(), (seconds) => post({ late: name, seconds }));
    if (!problems) {
      post({ ended: name, problems: [`not done after ${LIMIT_S} s`] });
      // A hanging check may keep the next one's needs.
      return leave(1);
    }
    post({ ended: name, problems: first([...problems, ...faults]) });
  }
  await app.close();
  leave(0);
}

function checksFor({ order }: Job, app: ContractApp): Partial<Record<ContractCheck, Check>> {
  if (app.schedule) return scheduleChecks;
  return order === 'hooked' ? hookedWithRooms : loadedChecks;
}

function leave(code: number): void {
  process.disconnect();
  process.exit(code);
}

async function prepare(job: Job, module?: object): Promise<{ app: ContractApp; bench: Bench }> {
  const { spanProcessors, ...factories } = (module ?? (await import(job.module))) as InstrumentationModule;
  const factory = factories[job.export];
  if (!factory) throw new Error(`${job.module} exports no ${job.export}`);
  const libraries = (library: string): boolean => library === job.library;
  const make = (): RecordedInstrumentation => factory({ libraries, ...job.config });
  const instrumentation = make();
  const recorded = recordSpans(instrumentation, { spanProcessors: spanProcessors?.() ?? [] });
  const another = (): RecordedInstrumentation => {
    const made = make();
    made.setTracerProvider(recorded.tracerProvider);
    made.enable();
    return made;
  };
  // The library's files, seen by the module hook, stay unpatched.
  if (job.order === 'loaded' && !job.closures) instrumentation.disable();
  const fixture = await fixtureOf(job);
  const open = async (): Promise<ContractApp> => fixture.open(job.env);
  const app = await open();
  // May connect and load modules.
  if (!app.schedule) await app.succeed();
  if (job.order === 'loaded') instrumentation.disable();
  const commands = job.commands === undefined ? undefined : factories[job.commands];
  return { app, bench: new Bench(job, instrumentation, recorded, app, open, another, faults, commands) };
}

async function fixtureOf({ fixture, loader }: Job): Promise<ContractFixture> {
  const module = loader === 'import' ? await import(fixture) : createRequire(import.meta.url)(fileURLToPath(fixture));
  return typeof module.open === 'function' ? module : module.default;
}

/** Fails a check, unless the spec skips it. */
function lacking(name: ContractCheck, app: ContractApp, { upstream, commands }: Job): string[] | undefined {
  const needs: Partial<Record<ContractCheck, [string, unknown]>> = {
    callback: ['callback() in the fixture', app.callback],
    identity: ['call in the fixture', app.call],
    saturation: ['saturate in the fixture', app.saturate],
    'hit and miss': ['cache in the fixture', app.cache],
    'key never recorded': ['cache in the fixture', app.cache],
    'several keys': ['cache.getAll in the fixture', app.cache?.getAll],
    'address after fail-over': ['cache.failOver in the fixture', app.cache?.failOver],
    'wait, state and holder': ['saturate in the fixture', app.saturate],
    ...each(DB_CHECKS, ['database in the fixture', app.documents ?? app.database]),
    ...each(QUEUE_CHECKS, ['queue in the fixture', app.queue]),
    'status code': ['', true],
    'wait and query in one trace': ['saturate in the fixture', app.saturate],
    'own commands': ['commands in the spec', commands],
    ...each(RETRY_CHECKS, ['retry in the fixture', app.retry]),
    ...each(RPC_CHECKS, ['rpc in the fixture', app.rpc]),
    ...each(BREAKER_CHECKS, ['breaker() in the fixture', app.breaker]),
    listeners: ['emitters() in the fixture', app.emitters],
    'upstream active': ['upstream in the spec', upstream],
  };
  const [what, there] = needs[name] ?? ['', true];
  return there
    ? undefined
    : [`needs ${what}; add it, or name the check in \`skip\` with the reason why it does not apply`];
}

function each<T>(checks: readonly ContractCheck[], need: T): Partial<Record<ContractCheck, T>> {
  return Object.fromEntries(checks.map((check) => [check, need]));
}

function first(problems: string[]): string[] {
  const more = problems.length - 8;
  return more > 0 ? [...problems.slice(0, 8), `and ${more} more`] : problems;
}

function explain(error: unknown): string[] {
  return [`the check itself failed: ${(error as Error)?.stack ?? String(error)}`];
}
