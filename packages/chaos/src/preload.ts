import { isMainThread } from 'node:worker_threads';
import { Hooks } from '@foreshock/kit';
import { hookConnect } from './connect.ts';
import { Connections } from './connections.ts';
import { Consumers } from './consumers.ts';
import type { Fault } from './fault.ts';
import { Faults } from './faults.ts';
import { hookLookup } from './lookup.ts';
import { blockLoop, fillMemory, killProcess } from './own-process.ts';
import type { Plan } from './plan.ts';
import { PlanSource } from './plan-source.ts';
import { hookGrants } from './holds.ts';
import { hookReleases } from './leaks.ts';
import { hookRead, stopReading } from './read.ts';
import { say } from './say.ts';
import { SpansUnderWay } from './spans-under-way.ts';
import { hookWrite, reset } from './write.ts';

/** `node --require foreshock/register --require foreshock/chaos app.js`. */
function start(): void {
  // Worker threads are not hit: the span exporter is one.
  if (!isMainThread) return;
  const { FORESHOCK_CHAOS, FORESHOCK_CHAOS_PRODUCTION, NODE_ENV, OTEL_SERVICE_NAME } = process.env;
  const variable = FORESHOCK_CHAOS?.trim();
  if (!variable) return say('FORESHOCK_CHAOS is not set: nothing is injected');
  if (NODE_ENV === 'production' && (!OTEL_SERVICE_NAME || FORESHOCK_CHAOS_PRODUCTION !== OTEL_SERVICE_NAME)) {
    return say(
      "NODE_ENV is production: nothing is injected, unless FORESHOCK_CHAOS_PRODUCTION is the service's OTEL_SERVICE_NAME",
    );
  }
  const source = new PlanSource(variable);
  const plan = source.read();
  if (!plan) return;

  const faults = new Faults();
  const spans = new SpansUnderWay();
  const connections = new Connections(faults);
  const hooks = new Hooks('foreshock/chaos', '>=0.0.0 <1000');
  spans.watch();
  hookConnect(connections, spans);
  hookWrite(connections, spans);
  hookRead(connections);
  hookLookup(faults, spans);
  hookGrants(faults, spans, hooks);
  hookReleases(faults, spans, hooks);
  new Consumers(faults, spans).attach(hooks);

  const begin = (fault: Fault): void => {
    spans.watch();
    if (fault.plan.fault === 'refuse') dropConnections(connections, fault);
    if (fault.plan.fault === 'black-hole') stopReading(connections, fault);
    if (fault.plan.fault === 'block') blockLoop(fault, spans);
    if (fault.plan.fault === 'memory') fillMemory(fault, spans);
    if (fault.plan.fault === 'kill') killProcess(fault, spans);
  };
  const run = (next: Plan): void => {
    say(
      `FAULTS ON PURPOSE in ${OTEL_SERVICE_NAME ?? `process ${process.pid}`}: ${next.faults.length} planned, seed ${next.seed}`,
    );
    faults.replace(next, begin);
  };
  source.onChange(() => {
    const next = source.read();
    if (next) run(next);
    else faults.clear();
  });
  run(plan);
}

/** A failing dependency resets its connections. */
function dropConnections(connections: Connections, fault: Fault): void {
  for (const [socket, { target }] of connections.hitBy(fault)) {
    if (!fault.takes()) continue;
    fault.injected(target, []);
    reset(socket);
  }
}

start();
