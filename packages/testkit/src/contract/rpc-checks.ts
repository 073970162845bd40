import { trace } from '@opentelemetry/api';
import type { ReceivedSpan } from '../received-span.ts';
import type { ContractApp, RpcService } from './app.ts';
import { names, outcomeOf, type Bench, type Traced } from './bench.ts';
import type { Check } from './check.ts';

export const RPC_CHECKS = [
  'kinds of calls',
  'status on both sides',
  'deadline',
  'wait for a connection',
  'attempts of its policy',
  'messages never recorded',
] as const;

type Handler = (text: string) => unknown;

/** A busy machine must send the call within it. */
const TIMEOUT_MS = 300;

const services = new WeakMap<ContractApp, { service: RpcService; handledBy(next: Handler): void }>();

export const rpcChecks: Record<(typeof RPC_CHECKS)[number], Check> = {
  'kinds of calls': async (bench) => {
    let active: string | undefined;
    const { kinds } = await handledBy(bench, async (text) => {
      await Promise.resolve();
      active = trace.getActiveSpan()?.spanContext().spanId;
      return text;
    });
    const problems: string[] = [];
    for (const [kind, call] of Object.entries(kinds)) {
      const traced = await bench.traced(() => call('apples'), 2);
      const { client, server } = sidesOf(traced);
      if (traced.error || traced.made.length !== 2 || !client || !server) {
        problems.push(`${kind}: no call on two sides, but ${names(traced.made)} ${String(traced.error)}`);
        continue;
      }
      if (client.parentSpanId !== traced.caller.spanId) problems.push(`${kind}: the call is not below its caller`);
      if (server.parentSpanId !== client.spanId) problems.push(`${kind}: what is served is not below the call`);
      if (active !== server.spanId) problems.push(`${kind}: in the handler the active span is ${active ?? 'none'}`);
      problems.push(...[client, server].flatMap((span) => statusOf(kind, span, 'OK', false)));
    }
    return problems;
  },

  'status on both sides': async (bench) => {
    const { NOT_FOUND } = bench.app.rpc!;
    const { kinds } = await handledBy(bench, async (text) => {
      throw Object.assign(new Error(text), text === 'missing' ? { code: NOT_FOUND } : {});
    });
    const problems: string[] = [];
    for (const [kind, call] of Object.entries(kinds)) {
      const answered = await bench.traced(() => call('missing'), 2);
      const failed = await bench.traced(() => call('broken'), 2);
      for (const [{ made }, status, isServers] of [
        [answered, 'NOT_FOUND', false],
        [failed, 'UNKNOWN', true],
      ] as const) {
        const { client, server } = sidesOf({ made });
        problems.push(...statusOf(`${kind}, called`, client, status, true));
        problems.push(...statusOf(`${kind}, served`, server, status, isServers));
      }
    }
    return problems;
  },

  deadline: async (bench) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { call } = await handledBy(bench, () => promise);
    const { made } = await bench.traced(() => call('slow', TIMEOUT_MS), 2);
    resolve();
    const { client, server } = sidesOf({ made });
    const problems = statusOf('called', client, 'DEADLINE_EXCEEDED', true);
    if (!server) problems.push('nothing was served');
    const { 'rpc.timeout_ms': ms, 'rpc.timeout_phase': phase } = client?.attributes ?? {};
    if (!(Number(ms) > TIMEOUT_MS / 6 && Number(ms) <= TIMEOUT_MS)) problems.push(`rpc.timeout_ms is ${String(ms)}`);
    if (phase !== 'ttfb') problems.push(`rpc.timeout_phase is ${String(phase)}`);
    return problems;
  },

  'wait for a connection': async (bench) => {
    const { cold, kinds } = await handledBy(bench, async (text) => text);
    const first = sidesOf(await bench.traced(() => cold('apples'), 2)).client;
    const later = sidesOf(await bench.traced(() => kinds['unary']!('apples'), 2)).client;
    const problems: string[] = [];
    const wait = first?.attributes['rpc.phase.connect_ms'];
    if (!(Number(wait) > 0 && Number(wait) <= first!.durationMs))
      problems.push(`of ${first?.durationMs} ms it waited ${String(wait)} for a connection`);
    const said = Object.keys(later?.attributes ?? {}).filter((key) => key.startsWith('rpc.phase.'));
    return [...problems, ...said.map((key) => `${key} of a call that did not wait`)];
  },

  'attempts of its policy': async (bench) => {
    let calls = 0;
    const { UNAVAILABLE } = bench.app.rpc!;
    const { retried } = await handledBy(bench, async (text) => {
      if (++calls < 3) throw Object.assign(new Error('not now'), { code: UNAVAILABLE });
      return text;
    });
    const traced = await bench.traced(() => retried('apples'), 6);
    const called = traced.made.filter(({ kind }) => kind === 'CLIENT').toSorted((a, b) => attemptOf(a) - attemptOf(b));
    const served = traced.made.filter(({ kind }) => kind === 'SERVER');
    const problems = traced.error ? [`the call failed: ${String(traced.error)}`] : [];
    if (called.length !== 3) return [...problems, `three attempts have ${names(traced.made)}`];
    for (const [i, span] of called.entries()) {
      if (attemptOf(span) !== i + 1) problems.push(`attempt ${i + 1} is ${attemptOf(span)}`);
      if (span.parentSpanId !== traced.caller.spanId) problems.push(`attempt ${i + 1} is not below its caller`);
      if (served.filter(({ parentSpanId }) => parentSpanId === span.spanId).length !== 1)
        problems.push(`attempt ${i + 1} was not served once below it`);
      problems.push(...statusOf(`attempt ${i + 1}`, span, i < 2 ? 'UNAVAILABLE' : 'OK', i < 2));
    }
    const caller = bench.recorded.spans().find(({ spanId }) => spanId === traced.caller.spanId);
    const { attributes = {} } = caller?.events.find(({ name }) => name === 'retry.summary') ?? {};
    if (attributes['retry.attempts'] !== 3 || attributes['retry.outcome'] !== 'success')
      problems.push(`the summary says ${JSON.stringify(attributes)}`);
    return problems;
  },

  'messages never recorded': async (bench) => {
    const secret = 'rosebud-4711';
    const { kinds } = await handledBy(bench, async (text) => {
      if (text.startsWith('-')) throw new Error(text);
      return text;
    });
    for (const call of Object.values(kinds)) {
      const { made } = await bench.traced(async () => {
        await call(secret);
        // Failures tell in words of the application.
        await outcomeOf(() => call(`-${secret}`));
      }, 4);
      const text = JSON.stringify(made, (_, part) => (typeof part === 'bigint' ? String(part) : part));
      if (made.length !== 4) return [`two calls made ${names(made)}`];
      if (text.includes(secret)) return [`'${secret}' is on a span`];
    }
    return [];
  },
};

/** A service of the application's own process. */
async function handledBy({ app }: Bench, handle: Handler): Promise<RpcService> {
  const known = services.get(app);
  if (known) {
    known.handledBy(handle);
    return known.service;
  }
  // Its clients connect by a call.
  let current: Handler = (text) => text;
  const service = await app.rpc!.serve(async (text) => current(text));
  services.set(app, { service, handledBy: (next) => void (current = next) });
  current = handle;
  const { close } = app;
  app.close = () => {
    service.close();
    return close();
  };
  return service;
}

function sidesOf({ made }: Pick<Traced, 'made'>): { client?: ReceivedSpan; server?: ReceivedSpan } {
  const client = made.find(({ kind }) => kind === 'CLIENT');
  const server = made.find(({ kind }) => kind === 'SERVER');
  return { ...(client && { client }), ...(server && { server }) };
}

function attemptOf({ attributes }: ReceivedSpan): number {
  return Number(attributes['retry.attempt']);
}

function statusOf(what: string, span: ReceivedSpan | undefined, status: string, isError: boolean): string[] {
  if (!span) return [`${what}: no span`];
  const { 'rpc.status_code': code, 'error.type': type } = span.attributes;
  const problems: string[] = [];
  if (code !== status) problems.push(`${what}: rpc.status_code is ${String(code)}, not ${status}`);
  if ((span.status.code === 'ERROR') !== isError) problems.push(`${what}: the status is ${span.status.code}`);
  if (type !== (isError ? status : undefined)) problems.push(`${what}: error.type is ${String(type)}`);
  return problems;
}
