import { kafka } from './servers/kafka.ts';
import { mariadb } from './servers/mariadb.ts';
import { postgres } from './servers/postgres.ts';
import { rabbitmq } from './servers/rabbitmq.ts';
import { redis } from './servers/redis.ts';
import { shareServers } from './servers/shared.ts';

/** vitest's `globalSetup`: servers are shared by all test files of a run, and started when the first asks. */
export default function setup(): Promise<() => Promise<void>> {
  return shareServers([kafka, mariadb, postgres, rabbitmq, redis]);
}
