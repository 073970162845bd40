import type { Boundary } from './plan.ts';

const DEPTH = 60;

const PACKAGES: Record<string, Boundary> = {
  pg: 'database',
  postgres: 'database',
  mysql: 'database',
  mysql2: 'database',
  mariadb: 'database',
  mongodb: 'database',
  tedious: 'database',
  oracledb: 'database',
  'cassandra-driver': 'database',
  ioredis: 'cache',
  redis: 'cache',
  '@redis/client': 'cache',
  iovalkey: 'cache',
  memjs: 'cache',
  memcached: 'cache',
  amqplib: 'queue',
  kafkajs: 'queue',
  nats: 'queue',
  rhea: 'queue',
  mqtt: 'queue',
  undici: 'http',
};

/** Of the innermost known library on the stack. */
export function boundaryOnStack(): Boundary {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = DEPTH;
  const { stack = '' } = new Error('who connects');
  Error.stackTraceLimit = stackTraceLimit;
  for (const line of stack.split('\n')) {
    if (line.includes('node:internal/deps/undici') || line.includes('node:_http_')) return 'http';
    const path = line.replaceAll('\\', '/');
    const at = path.lastIndexOf('/node_modules/');
    if (at < 0) continue;
    const [, name = ''] = /^((?:@[^/]+\/)?[^/]+)/.exec(path.slice(at + '/node_modules/'.length)) ?? [];
    const boundary = PACKAGES[name];
    if (boundary) return boundary;
  }
  return 'tcp';
}
