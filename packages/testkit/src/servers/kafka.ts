import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { freePort, onPath, runBinary, startServer, type Room, type RunningServer, type ServerKind } from './server.ts';
import { sharedServer } from './shared.ts';
import { USER_CACHE } from './user-cache.ts';

/** A real Kafka node. Tests share its topics: use unique names. */
export interface Kafka {
  /** A client's list. */
  broker: string;
  /** `kafka://127.0.0.1:PORT` */
  url: string;
  stop(): Promise<void>;
}

/** The last with kafkajs 2. */
const VERSION = '3.9.1';
const JARS = join(USER_CACHE, `kafka-${VERSION}`);

/**
 * Of `FORESHOCK_TEST_KAFKA_URL`, else the vitest run's (testkit's global setup), else this call's; from Maven Central
 * with Java 17 and Maven, else from Docker.
 */
export async function startKafka(): Promise<Kafka> {
  const { url, stop } = (await sharedServer(kafka)) ?? (await startServer(kafka));
  return { broker: new URL(url).host, url, stop };
}

/**
 * For tests skipped, with a reason, where Kafka cannot run.
 *
 * @throws with `FORESHOCK_TEST_KAFKA_URL`, or under `CI` with Java 17 and Maven
 */
export async function startKafkaIfPossible(): Promise<{ kafka: Kafka } | { missing: string }> {
  try {
    return { kafka: await startKafka() };
  } catch (error) {
    if (process.env[kafka.variable] || (java() && (fetched() || (process.env['CI'] && onPath('mvn'))))) throw error;
    return { missing: (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 300) };
  }
}

/** Kafka 3.9. */
export const kafka: ServerKind = {
  name: 'kafka',
  variable: 'FORESHOCK_TEST_KAFKA_URL',
  packages: [],
  docker: {
    image: `apache/kafka:${VERSION}`,
    port: 9092,
    url: (port) => `kafka://127.0.0.1:${port}`,
  },
  find: () => (java() ? (fetched() ?? fetch()) : undefined),
  launch,
  ping,
};

function java(): string | undefined {
  const binary = process.env['JAVA_HOME'] ? join(process.env['JAVA_HOME'], 'bin', 'java') : onPath('java');
  if (!binary || !existsSync(binary)) return undefined;
  const { stderr = '' } = spawnSync(binary, ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr)?.[1]) >= 17 ? binary : undefined;
}

function fetched(): string | undefined {
  return existsSync(JARS) ? JARS : undefined;
}

function fetch(): string | undefined {
  const maven = onPath('mvn');
  if (!maven) return undefined;
  mkdirSync(dirname(JARS), { recursive: true });
  // Renamed when complete, for concurrent runs.
  const half = mkdtempSync(`${JARS}.`);
  writeFileSync(
    join(half, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>foreshock</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies><dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency></dependencies>
</project>`,
  );
  const { status } = spawnSync(
    maven,
    ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${join(half, 'lib')}`],
    { cwd: half, stdio: 'ignore', timeout: 300_000 },
  );
  try {
    if (status === 0) renameSync(half, JARS);
  } catch {
    // A concurrent run was first.
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
  return fetched();
}

const CLUSTER = randomBytes(16).toString('base64url');

async function launch(jars: string, room: Room): Promise<RunningServer> {
  const controller = await freePort();
  const data = join(room.folder, 'data');
  mkdirSync(data);
  // As by `kafka-storage format`, without Java.
  writeFileSync(join(data, 'meta.properties'), `version=1\ncluster.id=${CLUSTER}\nnode.id=1\n`);
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `PLAINTEXT://127.0.0.1:${room.port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${room.port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': data,
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '1',
    'group.initial.rebalance.delay.ms': '0',
    'num.network.threads': '2',
    'num.io.threads': '2',
    'log.cleaner.enable': 'false',
    'message.max.bytes': '5000000',
  };
  const file = join(room.folder, 'server.properties');
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const url = `kafka://127.0.0.1:${room.port}`;
  const { stop } = await runBinary(
    java()!,
    ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(jars, 'lib', '*'), 'kafka.Kafka', file],
    // Perhaps only this account can read the jars; Kafka runs as root too.
    { ...room, user: undefined },
    () => ping(url),
    // Without clean shutdown: its data is deleted.
    { signal: 'KILL' },
  );
  return { url, stop };
}

/** `ApiVersions` 0. */
const API_VERSIONS = Buffer.from('0000000a0012000000000001ffff', 'hex');

async function ping(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    socket.write(API_VERSIONS);
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer to ApiVersions')));
    await Promise.race([
      once(socket, 'data'),
      once(socket, 'close').then(() => {
        throw new Error(`${hostname}:${port} hung up`);
      }),
    ]);
  } finally {
    socket.destroy();
  }
}
