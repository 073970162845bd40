import type { LookupFunction } from 'node:net';
import { loopCheck, type Check } from './health.ts';
import type { MainLoop } from './main-loop.ts';
import type { DependencyState, PoolState, ServiceState } from './messages.ts';
import { isFull } from './pool-room.ts';
import { PROTOCOLS } from './probe-protocols.ts';
import { httpProbe, PROBE_MS, serverProbe, type Probe } from './probe.ts';

const CACHED_MS = 1_000;
/** Of the cache time: a fleet must not ask at once. */
const JITTER = 0.25;
/** When the main thread is busy, the previous state. */
const STATE_MS = 100;
/** Of a question that the main thread asks: the rest is the event loop's. */
const ASKED_BY_MAIN_MS = 600;
/** The main thread did not say: not known, so no failure. */
const BUSY = 'not known: the event loop is busy';
/** Their calls are seen, their servers not asked. */
const SERVICES: readonly string[] = ['http', 'grpc'];
/** An unused server of a system whose others are used: a replaced node. */
const REPLACED_MS = 15_000;

interface Asked {
  /** One at a time, also while DNS is slow. */
  pending: Promise<Outcome> | undefined;
  readonly probe: Probe;
}

interface Outcome {
  readonly why: string | undefined;
  readonly ms: number;
  readonly at: string;
}

/** Asks the service's dependencies, one at a time, about once a second at most. */
export class Readiness {
  readonly #main: MainLoop;
  readonly #urls: readonly string[];
  readonly #lookup: LookupFunction;
  #asked = new Map<string, Asked>();
  #state: ServiceState = { dependencies: [], pools: [] };
  #pending: Promise<Check[]> | undefined;
  #checks: Check[] = [];
  #freshUntil = 0;

  constructor(main: MainLoop, urls: readonly string[], lookup: LookupFunction) {
    this.#main = main;
    this.#urls = urls;
    this.#lookup = lookup;
  }

  checks(): Promise<Check[]> | Check[] {
    if (performance.now() < this.#freshUntil) return this.#checks;
    return (this.#pending ??= this.#all().finally(() => (this.#pending = undefined)));
  }

  async #all(): Promise<Check[]> {
    this.#state = (await this.#main.ask({ type: 'state' }, STATE_MS)) ?? this.#state;
    const { dependencies, pools } = this.#state;
    const before = this.#asked;
    this.#asked = new Map();
    const servers = dependencies.filter(({ system }) => !SERVICES.includes(system));
    const [ofServers, ofServices, ofPools] = await Promise.all([
      Promise.all(servers.map((each) => this.#server(each, before))),
      Promise.all(this.#urls.map((url) => this.#service(url, dependencies, before))),
      Promise.all(pools.flatMap((pool) => saturated(pool) ?? this.#pool(pool, before) ?? [])),
    ]);
    const checks = [...ofServers.map((check, index) => spared(check, index, ofServers, servers)), ...ofServices];
    this.#checks = [loopCheck(this.#main.busyMs), ...checks, ...ofPools];
    this.#freshUntil = performance.now() + CACHED_MS * (1 + JITTER * (2 * Math.random() - 1));
    return this.#checks;
  }

  async #server(server: DependencyState, before: Map<string, Asked>): Promise<Check> {
    const { system, address, port, openBreaker } = server;
    const componentId = port === undefined ? address : `${address}:${port}`;
    const check = { name: `${system}:responseTime`, componentId, componentType: 'datastore' } as const;
    const probe = this.#probeOf(server);
    if (probe) return this.#ask(check, openBreaker, before, () => probe);
    return { ...check, status: 'pass', output: `not asked: no harmless question to ${system} is known` };
  }

  #probeOf({ key, system, address, port, byLibrary }: DependencyState): Probe | undefined {
    const protocol = PROTOCOLS[system];
    if (protocol) return serverProbe(protocol, address, port, this.#lookup);
    if (!byLibrary) return undefined;
    return async () => {
      const answer = await this.#main.ask({ type: 'dependency', key, ms: ASKED_BY_MAIN_MS }, PROBE_MS);
      return answer ? answer.why : BUSY;
    };
  }

  #service(url: string, known: readonly DependencyState[], before: Map<string, Asked>): Promise<Check> {
    const { origin, pathname, hostname, port } = new URL(url);
    const isSame = (each: DependencyState): boolean =>
      each.system === 'http' && each.address === hostname && String(each.port ?? '') === port;
    const check = {
      name: 'http:responseTime',
      componentId: `${origin}${pathname}`,
      componentType: 'component',
    } as const;
    const breaker = known.find((each) => isSame(each) && each.openBreaker !== undefined)?.openBreaker;
    return this.#ask(check, breaker, before, () => httpProbe(url, this.#lookup));
  }

  /** @returns undefined: it is not to be asked, as that would wait */
  #pool({ name, used, pending, limit, byPool }: PoolState, before: Map<string, Asked>): Promise<Check> | undefined {
    if (!byPool || isFull(used, pending, limit)) return undefined;
    const check = { name: 'pool:responseTime', componentId: name, componentType: 'component' } as const;
    return this.#ask(check, undefined, before, () => async () => {
      const answer = await this.#main.ask({ type: 'pool', name, ms: ASKED_BY_MAIN_MS }, PROBE_MS);
      return answer ? answer.why : BUSY;
    });
  }

  async #ask(
    check: Pick<Check, 'name' | 'componentId' | 'componentType'>,
    openBreaker: string | undefined,
    before: Map<string, Asked>,
    make: () => Probe,
  ): Promise<Check> {
    const key = `${check.name} ${check.componentId}`;
    const asked = before.get(key) ?? { pending: undefined, probe: make() };
    this.#asked.set(key, asked);
    // It can serve without it.
    if (openBreaker !== undefined) {
      return { ...check, status: 'warn', output: `not asked: its breaker ${openBreaker} is open` };
    }
    asked.pending ??= outcomeOf(asked.probe).finally(() => (asked.pending = undefined));
    const { why, ms, at } = await asked.pending;
    const status = why === undefined ? 'pass' : why === BUSY ? 'warn' : 'fail';
    return {
      ...check,
      status,
      observedValue: ms,
      observedUnit: 'ms',
      time: at,
      ...(why !== undefined && { output: why }),
    };
  }
}

async function outcomeOf(probe: Probe): Promise<Outcome> {
  const began = performance.now();
  const why = await probe();
  return { why, ms: Math.round(performance.now() - began), at: new Date().toISOString() };
}

/** A failed server is harmless while others do its work. */
function spared(check: Check, index: number, checks: readonly Check[], servers: readonly DependencyState[]): Check {
  if (check.status !== 'fail') return check;
  const { system, unusedMs } = servers[index]!;
  const hasOther = (is: (other: DependencyState, status: Check['status']) => boolean): boolean =>
    servers.some((other, at) => at !== index && other.system === system && is(other, checks[at]!.status));
  if (PROTOCOLS[system]?.isCluster && hasOther((_, status) => status === 'pass')) {
    return { ...check, status: 'warn', output: `${check.output}, others of its cluster serve` };
  }
  if (!hasOther((other) => unusedMs - other.unusedMs > REPLACED_MS)) return check;
  return { ...check, status: 'warn', output: `${check.output}, and it is not used any more` };
}

function saturated({ name, used, pending, limit }: PoolState): Check | undefined {
  if (limit === undefined || used < limit || pending === 0) return undefined;
  const output = `all ${limit} are in use, ${pending} ${pending === 1 ? 'waits' : 'wait'}`;
  return { name: 'pool:used', componentId: name, status: 'warn', observedValue: used, output };
}
