import {
  createNoopMeter,
  metrics,
  trace,
  type Meter,
  type MeterProvider,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { Adapter } from './adapter.ts';
import { guard } from './guard.ts';
import { log } from './log.ts';
import { Hooks } from './hooks.ts';
import { isUpstreamActive, scopesNoted } from './upstream.ts';
import { watcher } from './watcher.ts';

/** OpenTelemetry's (`@opentelemetry/instrumentation`, SDK 2.x and 3.x), without that package's module hooks. */
export interface Instrumentation {
  instrumentationName: string;
  instrumentationVersion: string;
  /** As in `OTEL_NODE_ENABLED_INSTRUMENTATIONS`. */
  readonly libraries: readonly string[];
  enable(): void;
  disable(): void;
  setTracerProvider(provider: TracerProvider): void;
  setMeterProvider(provider: MeterProvider): void;
  setConfig(config: InstrumentationConfig): void;
  getConfig(): InstrumentationConfig;
}

export interface InstrumentationConfig {
  /** Attach at construction; default true, as upstream. */
  enabled?: boolean;
  /** Default all. */
  libraries?: (library: string) => boolean;
}

/** Tracer and meter for one adapter. */
export interface Telemetry {
  readonly library: string;
  /** Per span: a provider may come late. */
  readonly tracer: Tracer;
  /** Upstream's instrumentation is active: only add to its spans. Cheap. */
  readonly upstreamIsActive: boolean;
  /** Calls `create` for each provider's meter, if metrics are collected; the result undoes it. */
  useMeter(create: (meter: Meter) => void | (() => void)): void;
}

/** Adapters' events as spans and metrics. */
export interface Boundary<Events, Config extends InstrumentationConfig = InstrumentationConfig> {
  /** Package and instrumentation scope. */
  name: string;
  version: string;
  adapters: readonly Adapter<Events>[];
  /** Once per adapter. */
  open(telemetry: Telemetry, config: Config): Events;
}

class AdapterTelemetry implements Telemetry {
  readonly library: string;
  readonly #boundary: BoundaryInstrumentation<any, any>;
  readonly #adapter: Adapter<any>;
  readonly #hooks: Hooks;
  readonly #meters: { create: (meter: Meter) => void | (() => void); undo: void | (() => void) }[] = [];
  #asked = -1;
  #aside = false;

  constructor(boundary: BoundaryInstrumentation<any, any>, adapter: Adapter<any>, hooks: Hooks) {
    this.library = adapter.library;
    this.#boundary = boundary;
    this.#adapter = adapter;
    this.#hooks = hooks;
    hooks.onUndo(() => this.#undoMeters());
  }

  get tracer(): Tracer {
    return this.#boundary.tracer;
  }

  get upstreamIsActive(): boolean {
    const noted = scopesNoted();
    if (this.#asked !== noted) {
      this.#asked = noted;
      if (!this.#aside && this.#upstreamIsActive()) {
        this.#aside = true;
        log(
          'info',
          `foreshock: ${this.library} is instrumented by ${this.#adapter.upstream.join(' or ')}, ours makes no spans`,
        );
      }
    }
    return this.#aside;
  }

  #upstreamIsActive(): boolean {
    const { upstream } = this.#adapter;
    if (upstream.length === 0) return false;
    return this.#hooks.wrappedByUpstream || isUpstreamActive(upstream, this.#boundary.tracerProvider);
  }

  useMeter(create: (meter: Meter) => void | (() => void)): void {
    const entry = { create, undo: undefined };
    this.#meters.push(entry);
    this.#open(entry);
  }

  #open(entry: { create: (meter: Meter) => void | (() => void); undo: void | (() => void) }): void {
    const { meter } = this.#boundary;
    entry.undo = meter === createNoopMeter() ? undefined : entry.create(meter);
  }

  renewMeters(): void {
    for (const entry of this.#meters) {
      entry.undo?.();
      this.#open(entry);
    }
  }

  #undoMeters(): void {
    for (const entry of this.#meters.splice(0)) entry.undo?.();
  }
}

class BoundaryInstrumentation<Events, Config extends InstrumentationConfig> implements Instrumentation {
  readonly instrumentationName: string;
  readonly instrumentationVersion: string;
  readonly #boundary: Boundary<Events, Config>;
  readonly #attached: { hooks: Hooks; telemetry: AdapterTelemetry }[] = [];
  #config: Config;
  #tracerProvider: TracerProvider | undefined;
  #meterProvider: MeterProvider | undefined;
  #tracer: Tracer | undefined;
  #enabled = false;

  constructor(boundary: Boundary<Events, Config>, config: Config) {
    this.instrumentationName = boundary.name;
    this.instrumentationVersion = boundary.version;
    this.#boundary = boundary;
    this.#config = config;
    if (config.enabled !== false) this.enable();
  }

  get libraries(): readonly string[] {
    return this.#boundary.adapters.map((adapter) => adapter.library);
  }

  get tracerProvider(): TracerProvider {
    return this.#tracerProvider ?? trace.getTracerProvider();
  }

  get tracer(): Tracer {
    return (this.#tracer ??= this.tracerProvider.getTracer(this.instrumentationName, this.instrumentationVersion));
  }

  get meter(): Meter {
    const provider = this.#meterProvider ?? metrics.getMeterProvider();
    return provider.getMeter(this.instrumentationName, this.instrumentationVersion);
  }

  enable(): void {
    if (this.#enabled) return;
    this.#enabled = true;
    for (const adapter of this.#boundary.adapters) {
      if (this.#config.libraries?.(adapter.library) === false) continue;
      guard(`attaching to ${adapter.library}`, () => {
        const hooks = new Hooks(adapter.library, adapter.versions, adapter.isTransitive);
        const telemetry = new AdapterTelemetry(this, adapter, hooks);
        this.#attached.push({ hooks, telemetry });
        watcher()?.attached(adapter, telemetry);
        adapter.attach(this.#boundary.open(telemetry, this.#config), hooks);
      });
    }
  }

  disable(): void {
    this.#enabled = false;
    for (const { hooks } of this.#attached.splice(0)) hooks.undo();
  }

  setTracerProvider(provider: TracerProvider): void {
    this.#tracerProvider = provider;
    this.#tracer = undefined;
  }

  setMeterProvider(provider: MeterProvider): void {
    this.#meterProvider = provider;
    for (const { telemetry } of this.#attached) telemetry.renewMeters();
  }

  setConfig(config: Config): void {
    this.#config = config;
    if (!this.#enabled) return;
    // Opened adapters get their config.
    this.disable();
    this.enable();
  }

  getConfig(): Config {
    return this.#config;
  }
}

/** For any `NodeSDK`, and our preload. */
export function instrumentationOf<Events, Config extends InstrumentationConfig>(
  boundary: Boundary<Events, Config>,
  config: Config,
): Instrumentation {
  return new BoundaryInstrumentation(boundary, config);
}
