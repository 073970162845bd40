import { lines, type Made, traceOf } from './incident.ts';

/** `shop` is a service with a Postgres; of a minute, ten seconds may be bad. */
export const during = (second: number): boolean => second >= 40 && second < 50;

/** Ten requests a second for a minute, each perhaps of several traces, whose ID may be given. */
export function minute(traces: (second: number, i: number) => (Made | readonly [Made, string] | undefined)[]): Buffer {
  const all: object[] = [];
  for (let i = 0; i < 600; i++) {
    for (const made of traces(i / 10, i)) {
      if (made) all.push('name' in made ? traceOf(i * 100, made) : traceOf(i * 100, ...made));
    }
  }
  return lines(all);
}

const database = { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'server.address': 'db' };
export const query = (name: string, at: number, ms: number, more: Partial<Made> = {}): Made => ({
  service: 'shop',
  name,
  kind: 'CLIENT',
  at,
  ms,
  attributes: { ...database, ...more.attributes },
  ...(more.error ? { error: more.error } : {}),
});

export const route = (name: string, ms: number, children: Made[], more: Partial<Made> = {}): Made => ({
  service: 'shop',
  name,
  kind: 'SERVER',
  at: 0,
  ms,
  children,
  ...more,
});

/** A lookup in Redis. */
export const lookup = (hit: boolean, at = 1): Made => ({
  service: 'shop',
  name: 'GET',
  kind: 'CLIENT',
  at,
  ms: 1,
  attributes: { 'db.system.name': 'redis', 'db.namespace': '0', 'cache.hit': hit },
});

export interface Handling extends Partial<Made> {
  id?: string;
  waitMs?: number;
  afterMs?: number;
}

/** `shop` sends a message to `mails`, which `mailer` handles: once, again or never. */
export const send = (handlings: Handling[], id: string): Made => ({
  service: 'shop',
  name: 'POST /orders',
  kind: 'SERVER',
  at: 0,
  ms: 5,
  children: [
    {
      service: 'shop',
      name: 'send mails',
      kind: 'PRODUCER',
      at: 1,
      ms: 2,
      attributes: { 'messaging.destination.name': 'mails', 'messaging.message.id': id },
      children: handlings.map(({ waitMs = 2, afterMs = 3, ...more }) => ({
        service: 'mailer',
        name: 'process mails',
        kind: 'CONSUMER' as const,
        at: afterMs + waitMs,
        ms: 10,
        ...more,
        attributes: {
          'messaging.destination.name': 'mails',
          'messaging.message.id': id,
          'queue.wait_ms': waitMs,
          ...more.attributes,
        },
      })),
    },
  ],
});

/** A wait of `shop` for a connection. */
export const wait = (at: number, ms: number, more: Partial<Made> = {}): Made => ({
  service: 'shop',
  name: 'pool.acquire shop',
  at,
  ms,
  ...more,
  attributes: {
    'db.client.connection.pool.name': 'db:5432/shop',
    'pool.limit': 5,
    'pool.wait_ms': ms,
    'pool.wait_reason': 'queue',
    ...more.attributes,
  },
});

export const jitter = (i: number): number => (i * 7) % 5;
