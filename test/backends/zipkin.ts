import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, onPath, runBinary } from '@foreshock/testkit';
import { cached, read, run, runContainer, say, Unavailable, until, versionOf } from './obtain.ts';

const VERSION = '3.6.1';
const JAR = `io.zipkin:zipkin-server:${VERSION}:jar:exec`;

/** A real Zipkin that keeps traces in memory. */
export interface Zipkin {
  /** `http://127.0.0.1:PORT` */
  url: string;
  stop(): Promise<void>;
}

/**
 * The executable server jar of Maven Central, where Maven and Java 17 are; else its image.
 *
 * @throws Unavailable
 */
export async function startZipkin(): Promise<Zipkin> {
  const java = Number(versionOf('java', ['-version'], /version "(\d+)/) ?? 0);
  const maven = versionOf('mvn', ['-v'], /Apache Maven (\S+)/);
  if (java >= 17 && maven) return launch(await jar());
  const container = runContainer(`openzipkin/zipkin-slim:3.6`, [9411]);
  if (!container) {
    const has = `Java ${java || 'missing'}, Maven ${maven ?? 'missing'}, no Docker daemon`;
    throw new Unavailable(`Zipkin: needs Java 17 and Maven, or Docker (here: ${has})`, false);
  }
  const url = `http://127.0.0.1:${container.ports[0]}`;
  await healthy(url);
  return { url, stop: container.stop };
}

async function jar(): Promise<string> {
  const name = `zipkin-server-${VERSION}-exec.jar`;
  try {
    return await cached(name, async (folder) => {
      say(`fetching ${JAR} (130 MB, once)`);
      await run('mvn', ['-B', '-q', '-C', 'dependency:copy', `-Dartifact=${JAR}`, `-DoutputDirectory=${folder}`], {
        cwd: folder,
      });
      return join(folder, name);
    });
  } catch (error) {
    throw new Unavailable(
      `Zipkin: Java 17 and Maven are here, but ${JAR} could not be had: ${(error as Error).message}`,
      true,
      error,
    );
  }
}

async function launch(file: string): Promise<Zipkin> {
  const port = await freePort();
  // QUERY_PORT alone would listen to everybody.
  const listen = Object.entries({ ip: '127.0.0.1', port, 'protocols[0]': 'http' });
  const url = `http://127.0.0.1:${port}`;
  const folder = mkdtempSync(join(tmpdir(), 'foreshock-zipkin-'));
  const { stop } = await runBinary(
    onPath('java')!,
    [
      '-Xmx512m',
      '-XX:TieredStopAtLevel=1',
      '-jar',
      file,
      ...listen.map(([key, value]) => `--armeria.ports[0].${key}=${value}`),
    ],
    { port, folder, user: undefined },
    () => health(url),
    { env: { PATH: process.env['PATH'], JAVA_HOME: process.env['JAVA_HOME'], STORAGE_TYPE: 'mem' } },
  );
  return { url, stop };
}

async function health(url: string): Promise<void> {
  const { status } = await read(`${url}/health`);
  if (status !== 'UP') throw new Error(`Zipkin is ${status}`);
}

const healthy = (url: string): Promise<void> => until('the start of Zipkin', 120_000, () => health(url));
