import { subscribe } from 'node:diagnostics_channel';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, threadId } from 'node:worker_threads';
import type { Tracer } from '@opentelemetry/api';
import type { Pipeline } from '@foreshock/export';
import type { AttachedAdapter, WriteLine } from '@foreshock/kit';
import type { PreloadWatcher } from '../../preload-watcher.ts';
import type { RecordedSpan } from '../../tracer/span.ts';
import { countSpans } from './counting-tracer.ts';
import { LoadedPackages } from './loaded-packages.ts';
import type { ThreadRecord, WatchedLibrary } from './record.ts';

const WATCHER = Symbol.for('foreshock.watcher');
const LOG = Symbol.for('foreshock.log');
const REGISTERED = Symbol.for('foreshock.registered');
const API = Symbol.for('opentelemetry.js.api.1');
/** A server listens (Node's diagnostics_channel docs). */
const LISTENING = 'tracing:net.server.listen:asyncEnd';

const READ =
  /^(?:OTEL_|FORESHOCK_|(?:https?|no)_proxy$|NODE_(?:USE_ENV_PROXY|EXTRA_CA_CERTS|TLS_REJECT_UNAUTHORIZED)$)/i;
// `SpanKind`: only the application loads the API.
const [SERVER, CONSUMER] = [1, 4];
const SAVE_MS = 500;
const MOST_LINES = 50;
const MOST_SCOPES = 100;

type Globals = Record<symbol, unknown>;

/** `@opentelemetry/api` 1.x, src/internal/global-utils.ts. */
interface RegisteredApi {
  version?: string;
  trace?: { getDelegate?: () => object };
}

/** Writes a {@link ThreadRecord} while the thread runs, and at its end. */
export class ThreadWatch implements PreloadWatcher {
  readonly #file: string;
  readonly #record: ThreadRecord;
  readonly #packages = new LoadedPackages();
  #pipeline: Pipeline | undefined;
  #saved = '';

  constructor(directory: string, nodeOptions: string, isOurs: boolean) {
    this.#file = join(directory, `${process.pid}-${isMainThread ? 0 : threadId}.json`);
    this.#record = {
      pid: process.pid,
      thread: isMainThread ? 0 : threadId,
      node: process.versions.node,
      execPath: process.execPath,
      main: process.argv[1],
      cwd: process.cwd(),
      execArgv: process.execArgv,
      nodeOptions,
      env: Object.fromEntries(
        Object.entries(process.env).filter((entry): entry is [string, string] => READ.test(entry[0])),
      ),
      isOurs,
      isRegistered: false,
      isStarted: false,
      libraries: {},
      packages: [],
      before: [],
      scopes: {},
      incoming: 0,
      unrecorded: 0,
      delivered: [],
      dropped: {},
      lines: [],
      servers: 0,
      isOver: false,
    };
    (globalThis as Globals)[WATCHER] = this;
    this.#packages.watch();
    subscribe(LISTENING, () => void this.#record.servers++);
    setInterval(() => this.save(), SAVE_MS).unref();
    // Where no spans are sent at the end.
    process.once('exit', () => {
      this.#record.isOver = true;
      this.save();
    });
  }

  attached({ library, upstream }: AttachedAdapter, telemetry: { readonly tracer: Tracer }): void {
    const watched = this.#library(library);
    watched.upstream = [...new Set([...watched.upstream, ...upstream])];
    countSpans(telemetry, watched);
  }

  waitsForFile(library: string): void {
    this.#library(library).waitsForFiles = true;
  }

  loaded(library: string, name: string, version: string, isInRange: boolean): void {
    const { loaded } = this.#library(library);
    loaded[`${name} ${version}`] ||= isInRange;
  }

  readonly spans: PreloadWatcher['spans'] = {
    onStart() {},
    onEnd: (span: RecordedSpan) => {
      const { scopes } = this.#record;
      const { name } = span.instrumentationScope;
      if (span.kind === SERVER || span.kind === CONSUMER) this.#record.incoming++;
      const isKnown = name in scopes;
      if (isKnown || Object.keys(scopes).length < MOST_SCOPES) scopes[name] = (scopes[name] ?? 0) + 1;
      // A signal may come first.
      if (!isKnown) this.save();
    },
  };

  unrecorded(): void {
    this.#record.unrecorded++;
  }

  started(pipeline: Pipeline | undefined): void {
    this.#record.isStarted = true;
    this.#record.before = this.#packages.list();
    this.#pipeline = pipeline;
    this.#readLog();
    if (!pipeline) return;
    const endBlocking = pipeline.endBlocking.bind(pipeline);
    pipeline.endBlocking = (ms) => {
      endBlocking(ms);
      this.#record.isOver = true;
      this.save();
    };
  }

  preloadFailed(error: unknown): void {
    this.#record.preloadError = (error as NodeJS.ErrnoException)?.code ?? String(error);
  }

  save(): void {
    const record = this.#record;
    record.packages = this.#packages.list();
    record.isRegistered = (globalThis as Globals)[REGISTERED] === true;
    const api = (globalThis as Globals)[API] as RegisteredApi | undefined;
    const provider = api?.trace?.getDelegate?.().constructor.name;
    if (provider !== undefined) record.provider = provider;
    if (api?.version !== undefined) record.apiVersion = api.version;
    if (this.#pipeline) {
      record.delivered = [...this.#pipeline.delivered];
      record.dropped = Object.fromEntries(this.#pipeline.dropped);
    }
    const text = JSON.stringify(record);
    if (text === this.#saved) return;
    try {
      writeFileSync(`${this.#file}.new`, text, { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
      this.#saved = text;
    } catch {
      // The doctor has ended.
    }
  }

  #library(name: string): WatchedLibrary {
    return (this.#record.libraries[name] ??= { upstream: [], waitsForFiles: false, loaded: {}, spans: 0 });
  }

  #readLog(): void {
    const write = (globalThis as Globals)[LOG] as WriteLine | undefined;
    const { lines } = this.#record;
    (globalThis as Globals)[LOG] = ((level, message, values) => {
      if (level !== 'debug' && lines.length < MOST_LINES) lines.push(message);
      write?.(level, message, values);
    }) satisfies WriteLine;
  }
}
