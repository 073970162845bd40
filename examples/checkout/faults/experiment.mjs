// One fault of the list, as files: a plan for each service that it hits, the injector's notes, and the truth.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FAULTS } from './list.mjs';
import { MemoryLimit } from './memory-limit.mjs';

const NOTHING = '{"faults":[]}';
/** Payments takes whatever comes: that it refuses a rush after a pause would be a second incident. */
const ONE_FAULT = { payments: { KEPT_MS: 'Infinity' } };

export class Experiment {
  #folder;
  #fault;
  #seed;
  #rate;
  #plans = {};
  #restarts = [];
  #from;
  #to;

  /**
   * @param {string} name one of the list
   * @param {string} folder where its files go; made empty
   * @param {number} seed
   * @param {number} rate checkouts a second
   */
  constructor(name, folder, seed, rate) {
    this.name = name;
    this.#fault = FAULTS[name];
    this.#folder = folder;
    this.#seed = seed;
    this.#rate = rate;
    rmSync(this.spans, { force: true });
    mkdirSync(folder, { recursive: true });
    for (const service of this.#hit) writeFileSync(this.#planOf(service), NOTHING);
    rmSync(this.#notes, { force: true });
    rmSync(this.#spool, { recursive: true, force: true });
  }

  /** The recorded spans: a request of OTLP's JSON a line. */
  get spans() {
    return path.join(this.#folder, 'spans.otlp.jsonl');
  }

  get truth() {
    return path.join(this.#folder, 'truth.json');
  }

  get what() {
    return this.#fault.what;
  }

  /** Those it needs beside Postgres. */
  get servers() {
    return this.#fault.servers ?? [];
  }

  get races() {
    return this.#fault.races === true;
  }

  get load() {
    return this.#fault.load ?? 1;
  }

  /** What `startAll` asks. */
  isHit(service) {
    return this.#hit.includes(service);
  }

  /** Which services are hit does not depend on where they are. */
  get #hit() {
    const anywhere = new Proxy({}, { get: () => 'http://127.0.0.1:1' });
    return Object.keys(this.#fault.plan?.(anywhere) ?? {});
  }

  environment(service, given) {
    const more = this.#fault.env?.[service];
    return {
      ...ONE_FAULT[service],
      ...(this.#fault.spool && { FORESHOCK_SPOOL_DIR: this.#spool }),
      ...(typeof more === 'function' ? more(given, this.#rate) : more),
      ...(this.isHit(service) && { FORESHOCK_CHAOS: this.#planOf(service) }),
    };
  }

  /** What is done with a service's process at its start. */
  onStart(service) {
    const megabytes = this.#fault.memory?.[service];
    if (megabytes === undefined) return undefined;
    const limit = new MemoryLimit(`${this.name}-${process.pid}-${service}`, megabytes);
    return (pid) => limit.include(pid);
  }

  /**
   * Begins the fault in the services that run.
   * @param {Record<string, string>} addresses
   * @param {number} ms how long it lasts
   * @param {import('../processes.mjs').Processes} processes
   */
  begin(addresses, ms, processes) {
    this.#from = new Date();
    this.#to = new Date(Date.now() + ms);
    const { during, restarts = {}, signals = {} } = this.#fault;
    this.#restarts = Object.entries(restarts).map(([service, how]) => processes.restart(service, how).catch(() => {}));
    if (during) doFor(ms, during(addresses));
    for (const [service, { signal, everyMs }] of Object.entries(signals))
      doFor(ms, { everyMs, run: () => processes.signal(service, signal) });
    this.#plans = this.#fault.plan?.(addresses) ?? {};
    for (const [service, faults] of Object.entries(this.#plans)) {
      for (const fault of faults) fault.for = ms;
      writeFileSync(this.#planOf(service), JSON.stringify({ seed: this.#seed, record: this.#notes, faults }));
    }
  }

  /** When every service that was to be started anew is up. */
  async restarted() {
    await Promise.all(this.#restarts);
  }

  /** Writes down what was wrong, with the injector's own times. */
  writeTruth(more) {
    const { what, kind, service = null, resource = null, also = [], affected } = this.#fault;
    const [from, to] = this.#times();
    const truth = {
      fault: this.name,
      what,
      kind,
      service,
      resource,
      also,
      from,
      to,
      affected,
      seed: this.#seed,
      ...more,
    };
    writeFileSync(this.truth, `${JSON.stringify(truth, undefined, 2)}\n`);
    return truth;
  }

  /** From the first begin to the last end. */
  #times() {
    if (Object.keys(this.#plans).length === 0) return [this.#from.toISOString(), this.#to.toISOString()];
    const notes = readFileSync(this.#notes, 'utf8').trim().split('\n');
    const all = notes.map((line) => JSON.parse(line));
    const at = (moment) =>
      all
        .filter((note) => note.moment === moment)
        .map((note) => note.at)
        .toSorted();
    return [at('begin')[0], at('end').at(-1) ?? this.#to.toISOString()];
  }

  get #notes() {
    return path.join(this.#folder, 'injected.jsonl');
  }

  get #spool() {
    return path.join(this.#folder, 'spool');
  }

  #planOf(service) {
    return path.join(this.#folder, `chaos.${service}.json`);
  }
}

function doFor(ms, { everyMs, run, end }) {
  const timer = everyMs && setInterval(run, everyMs);
  setTimeout(() => {
    clearInterval(timer);
    end?.();
  }, ms);
  run();
}
