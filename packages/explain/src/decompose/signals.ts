/**
 * `self` own work; `call` between client and server span; `dependency` a call without server span; `poolWait` for a
 * connection or slot; `poolConnect` opening one; `socketWait`, `dns`, `connect`, `tls` phases of a call; `queueWait` of
 * a message; `backOff` between attempts; `blocked` event loop; `gc`.
 */
const SIGNAL_KINDS = [
  'self',
  'call',
  'dependency',
  'poolWait',
  'poolConnect',
  'socketWait',
  'dns',
  'connect',
  'tls',
  'queueWait',
  'backOff',
  'blocked',
  'gc',
] as const;

export type SignalKind = (typeof SIGNAL_KINDS)[number];

/** Numbers are those of `Strings`. */
export interface Signal {
  id: number;
  kind: SignalKind;
  service: number;
  /** Service, database, pool, queue; 0 for `self`. */
  peer: number;
  operation: number;
}

/** Whether the process stood still. */
export function isPause({ kind }: Signal): boolean {
  return kind === 'blocked' || kind === 'gc';
}

/** A sample: a call's milliseconds on the critical path. */
export class Signals {
  readonly all: Signal[] = [];
  readonly #ids = new Map<number, Map<number, number>>();
  #size = 0;
  signal: Int32Array = new Int32Array(1024);
  row: Int32Array = new Int32Array(1024);
  ms: Float64Array = new Float64Array(1024);

  get size(): number {
    return this.#size;
  }

  add(kind: SignalKind, service: number, peer: number, operation: number, row: number, ms: number): void {
    if (this.#size === this.row.length) this.#grow();
    this.signal[this.#size] = this.#id(kind, service, peer, operation);
    this.row[this.#size] = row;
    this.ms[this.#size++] = ms;
  }

  #id(kind: SignalKind, service: number, peer: number, operation: number): number {
    const outer = service * SIGNAL_KINDS.length + SIGNAL_KINDS.indexOf(kind);
    let inner = this.#ids.get(outer);
    if (!inner) this.#ids.set(outer, (inner = new Map()));
    const key = peer * 2 ** 24 + operation;
    let id = inner.get(key);
    if (id === undefined) {
      id = this.all.length;
      this.all.push({ id, kind, service, peer, operation });
      inner.set(key, id);
    }
    return id;
  }

  #grow(): void {
    const room = this.row.length * 2;
    const [signal, row, ms] = [new Int32Array(room), new Int32Array(room), new Float64Array(room)];
    signal.set(this.signal);
    row.set(this.row);
    ms.set(this.ms);
    this.signal = signal;
    this.row = row;
    this.ms = ms;
  }
}
