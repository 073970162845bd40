/** What an app under load does. BullMQ and Redis join here when Foreshock has their adapters; until then nobody has them. */
export interface Scenario {
  name: 'bare' | 'full' | 'calm';
  /** For the tables. */
  title: string;
  /** The file in `apps/`. */
  app: string;
  /** Settings of the app itself. */
  env?: Record<string, string>;
  path: string;
  connections: number;
  /** Whether the load may keep its processor busy all the time. */
  awake: boolean;
  /** Requests until a request costs the same as the next. */
  warmUp: number;
  /** Requests in one slice. */
  slice: number;
  /** Runs only when it is asked for by name. */
  onRequest?: true;
}

/** Slices are short enough to take turns within a machine's moods. */
export function scenarios(quick: boolean): Scenario[] {
  const full: Scenario = {
    name: 'full',
    title:
      'node:http server → pg pool query → fetch to another process → pino line → JSON, 50 connections, saturated; ' +
      'pg’s default pool of 10, so that most requests wait for it',
    app: 'full.cjs',
    path: '/orders/7',
    connections: 50,
    awake: false,
    warmUp: quick ? 8_000 : 15_000,
    slice: quick ? 1_500 : 3_000,
  };
  return [
    full,
    {
      name: 'bare',
      title: 'node:http server that answers a small JSON, 50 connections, saturated',
      app: 'bare.cjs',
      path: '/',
      connections: 50,
      awake: true,
      warmUp: quick ? 15_000 : 50_000,
      slice: quick ? 8_000 : 20_000,
    },
    {
      ...full,
      name: 'calm',
      title: 'the full app with a pool of 50: nobody waits for it',
      env: { POOL_MAX: '50' },
      onRequest: true,
    },
  ];
}
