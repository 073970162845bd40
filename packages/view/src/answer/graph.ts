import { componentsOf, isPoolWait, KIND, poolLabel, type Decomposed } from '@foreshock/explain';

type NodeKind = 'service' | 'database' | 'cache' | 'queue' | 'pool' | 'external';
type EdgeKind = 'call' | 'queue' | 'wait';

const MOST_NODES = 300;
const MOST_TIMES = 10_000;

class Calls {
  calls = 0;
  errors = 0;
  readonly #times: number[] = [];

  add(ms: number, failed: boolean): void {
    this.calls++;
    if (failed) this.errors++;
    if (this.#times.length < MOST_TIMES) this.#times.push(ms);
  }

  get p95Ms(): number {
    const times = this.#times.sort((a, b) => a - b);
    return times[Math.max(0, Math.ceil(times.length * 0.95) - 1)] ?? 0;
  }
}

class GraphNode extends Calls {
  readonly id: string;
  readonly label: string;
  readonly kind: NodeKind;
  readonly service: string | null;

  constructor(id: string, label: string, kind: NodeKind, service: string | null) {
    super();
    this.id = id;
    this.label = label;
    this.kind = kind;
    this.service = service;
  }
}

class Edge extends Calls {
  readonly from: string;
  readonly to: string;
  readonly by: EdgeKind;

  constructor(from: string, to: string, by: EdgeKind) {
    super();
    this.from = from;
    this.to = to;
    this.by = by;
  }
}

const CACHES = /redis|memcache|valkey|keydb|\bcache\b/i;

/** `/api/graph`. */
export function graphOf({ table, trees, remote, owners }: Decomposed, from: number, to: number) {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, Edge>();
  const node = (id: string, label: string, kind: NodeKind, service: string | null = null): GraphNode => {
    let known = nodes.get(id);
    if (!known) nodes.set(id, (known = new GraphNode(id, label, kind, service)));
    return known;
  };
  const add = (by: EdgeKind, from: string, to: GraphNode, row: number): void => {
    const ms = table.end[row]! - table.start[row]!;
    const failed = table.failed[row] === 1;
    const key = `${by} ${from}\n${to.id}`;
    let edge = edges.get(key);
    if (!edge) edges.set(key, (edge = new Edge(from, to.id, by)));
    edge.add(ms, failed);
    if (to.kind !== 'service') to.add(ms, failed);
  };
  for (const row of trees.order) {
    if (table.start[row]! < from || table.start[row]! > to || nodes.size >= MOST_NODES) continue;
    const service = table.strings.text(table.service[row]!);
    const id = `service ${service}`;
    const own = node(id, service, 'service', service);
    const attributes = table.attributes[row];
    const kind = table.kind[row]!;
    if (kind === KIND.SERVER || kind === KIND.CONSUMER)
      own.add(table.end[row]! - table.start[row]!, table.failed[row] === 1);
    if (isPoolWait(table, row)) {
      const pool = poolLabel(attributes?.pool ?? '');
      add('wait', id, node(`pool ${service} ${pool}`, pool, 'pool', service), row);
    } else if (kind === KIND.PRODUCER || (kind === KIND.CONSUMER && attributes?.destination !== undefined)) {
      const name = attributes?.destination ?? table.strings.text(table.target[row]!);
      const queue = node(`queue ${name}`, name || 'queue', 'queue');
      if (kind === KIND.PRODUCER) add('queue', id, queue, row);
      else add('queue', queue.id, own, row);
    } else if (remote[row]! >= 0) {
      const called = table.strings.text(table.service[remote[row]!]!);
      if (called !== service) add('call', id, node(`service ${called}`, called, 'service', called), row);
    } else if (kind === KIND.CLIENT) {
      // A service that answered other calls to this address.
      const owner = owners.of(row);
      const target = table.strings.text(owner ?? table.target[row]!) || table.strings.text(table.name[row]!);
      const isStore = attributes?.isDatabase === true;
      const nodeKind =
        owner !== undefined ? 'service' : isStore ? (CACHES.test(target) ? 'cache' : 'database') : 'external';
      add('call', id, node(`${nodeKind} ${target}`, target, nodeKind, owner === undefined ? null : target), row);
    }
  }
  const calls = new Map<string, Set<string>>();
  for (const { from, to, by } of edges.values()) {
    if (by !== 'call') continue;
    if (!calls.has(from)) calls.set(from, new Set());
    calls.get(from)!.add(to);
  }
  return {
    nodes: Array.from(nodes.values(), ({ id, label, kind, service, calls, errors, p95Ms }) => {
      return { id, label, kind, service, calls, errors, p95Ms };
    }),
    edges: Array.from(edges.values(), ({ from, to, by, calls, errors, p95Ms }) => {
      return { from, to, by, calls, errors, p95Ms };
    }),
    cycles: componentsOf(calls).filter(({ length }) => length > 1),
  };
}
