/** As a Prometheus in a hurry. */
export const OBSERVED_EVERY_MS = 10_000;

/** What an app under load does. */
export interface Scenario {
  name: 'bare' | 'full' | 'calm' | 'queue' | 'cold' | 'unsampled' | 'workers' | 'metrics' | 'metrics-bare';
  /** For the tables. */
  title: string;
  /** The file in `apps/`. */
  app: string;
  /** Settings of the app itself. */
  env?: Record<string, string>;
  path: string;
  connections: number;
  /** What is measured, and how many of it a request does. */
  unit: 'request' | 'job';
  perRequest: number;
  /** Whether the load may keep its processor busy all the time. */
  awake: boolean;
  /** Requests until a request costs the same as the next; 0: it is the first ones that are measured, in one slice. */
  warmUp: number;
  /** Requests in one slice. */
  slice: number;
  /** Fresh processes in one generation; default 1. */
  repeat?: number;
  /** Runs only when it is asked for by name. */
  onRequest?: true;
  /** Metrics and boundary logs are on; who has `/metrics` and `/readyz` is asked for them. */
  observed?: true;
}

/** For all contenders; who does not know a variable does without it. */
const OBSERVED = {
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_METRIC_EXPORT_INTERVAL: String(OBSERVED_EVERY_MS),
  FORESHOCK_BOUNDARY_LOGS: 'all',
};

/** Slices are short enough to take turns within a machine's moods. */
export function scenarios(quick: boolean): Scenario[] {
  const full: Scenario = {
    name: 'full',
    title:
      'node:http server → pg pool query → ioredis GET and SET → fetch to another process → pino line → JSON, ' +
      '50 connections, saturated; ' +
      'pg’s default pool of 10, so that some requests wait for it',
    app: 'full.cjs',
    path: '/orders/7',
    unit: 'request',
    perRequest: 1,
    connections: 50,
    awake: false,
    warmUp: quick ? 5_000 : 15_000,
    slice: quick ? 1_000 : 3_000,
  };
  const bare: Scenario = {
    name: 'bare',
    title: 'node:http server that answers a small JSON, 50 connections, saturated',
    app: 'bare.cjs',
    path: '/',
    unit: 'request',
    perRequest: 1,
    connections: 50,
    awake: true,
    warmUp: quick ? 10_000 : 50_000,
    slice: quick ? 8_000 : 20_000,
  };
  return [
    full,
    bare,
    {
      name: 'queue',
      title: 'BullMQ, a queue and its worker in one process, 50 jobs at a time; a request asks for 25 of them',
      app: 'queue.cjs',
      path: '/jobs/25',
      unit: 'job',
      perRequest: 25,
      connections: 2,
      awake: false,
      warmUp: quick ? 200 : 600,
      slice: quick ? 40 : 100,
    },
    {
      ...full,
      name: 'cold',
      title: 'the first 1,000 requests of the full app, 50 connections: what autoscaled services live on',
      warmUp: 0,
      slice: 1_000,
      repeat: quick ? 1 : 3,
    },
    ...(quick
      ? []
      : ([
          {
            ...full,
            name: 'unsampled',
            title: 'the full app, one trace in a hundred sampled',
            env: {
              OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
              OTEL_TRACES_SAMPLER_ARG: '0.01',
              DD_TRACE_SAMPLE_RATE: '0.01',
            },
          },
          {
            ...full,
            name: 'workers',
            title:
              'node:http server that hands each request to one of 8 worker threads, which asks ioredis and fetches ' +
              'from another process; saturated',
            app: 'workers.cjs',
          },
        ] satisfies Scenario[])),
    {
      ...full,
      name: 'calm',
      title: 'the full app with a pool of 50: nobody waits for it',
      env: { POOL_MAX: '50' },
      onRequest: true,
    },
    {
      ...full,
      name: 'metrics',
      title: 'the full app with metrics and boundary logs on, scraped and asked whether it is ready every 10 s',
      env: OBSERVED,
      observed: true,
      onRequest: true,
    },
    {
      ...bare,
      name: 'metrics-bare',
      title: 'the bare app with metrics on, scraped and asked whether it is ready every 10 s; it has no logger',
      env: OBSERVED,
      observed: true,
      onRequest: true,
    },
  ];
}
