import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, onPath, runBinary } from '@foreshock/testkit';
import { cached, read, run, runContainer, say, Unavailable, until, versionOf } from './obtain.ts';

const IMAGE = 'jaegertracing/jaeger:2.20.0';
/**
 * Carries Jaeger v2.13.0. Later releases are tagged v2.x alone, and `…/jaeger` without `/v2` cannot
 * have those as a Go module: this is the newest that the Go module proxy serves.
 */
const MODULE = 'github.com/jaegertracing/jaeger@v1.76.0';
/** From the module's go.mod. */
const GO = '1.24.6';

/** A real Jaeger v2 that keeps traces in memory. */
export interface Jaeger {
  /** UI and query API, `http://127.0.0.1:PORT` */
  url: string;
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  otlp: string;
  stop(): Promise<void>;
}

/**
 * A `jaeger` on the path, else its image, else one built by Go from the module proxy. The module has
 * no UI assets in it: that one answers the query API and shows a placeholder.
 *
 * @throws Unavailable
 */
export async function startJaeger(): Promise<Jaeger> {
  const installed = onPath('jaeger');
  if (installed) return launch(installed);
  const container = runContainer(IMAGE, [16686, 4318]);
  if (container) {
    const [query, otlp] = container.ports.map((port) => `http://127.0.0.1:${port}`);
    const jaeger = { url: query!, otlp: otlp!, stop: container.stop };
    await until('the start of Jaeger', 60_000, () => read(`${jaeger.url}/api/services`));
    return jaeger;
  }
  return launch(await jaegerBinary());
}

/**
 * A `jaeger` on the path, else one built by Go.
 *
 * @throws Unavailable
 */
export async function jaegerBinary(): Promise<string> {
  const installed = onPath('jaeger');
  if (installed) return installed;
  const go = versionOf('go', ['env', 'GOVERSION'], /go(\d+\.\d+(?:\.\d+)?)/);
  if (go && compare(go, GO) >= 0) return built();
  throw new Unavailable(
    `Jaeger: needs a jaeger v2 on the path, Docker, or Go ${GO} (here: no jaeger, no Docker daemon, Go ${go ?? 'missing'})`,
    false,
  );
}

/** What `jaeger validate` says of configurations, each over those before it; nothing if they are right. */
export function validated(binary: string, files: readonly string[], env: Record<string, string>): string {
  const args = ['validate', ...files.map((file) => `--config=${file}`)];
  const { stderr, status } = spawnSync(binary, args, { env: { ...process.env, ...env }, encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

async function built(): Promise<string> {
  try {
    return await cached(`jaeger-${MODULE.split('@')[1]}`, async (folder) => {
      say(`building ${MODULE} with Go (5 to 15 minutes, once)`);
      const env = { ...process.env, CGO_ENABLED: '0' };
      const { Dir } = JSON.parse(await run('go', ['mod', 'download', '-json', MODULE], { cwd: folder, env }));
      const binary = join(folder, 'jaeger');
      // In the module's own folder, not `go install …@version`: that refuses a go.mod with replacements.
      await run('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', binary, './cmd/jaeger'], { cwd: Dir, env });
      return binary;
    });
  } catch (error) {
    throw new Unavailable(
      `Jaeger: Go is here, but ${MODULE} could not be built: ${(error as Error).message}`,
      true,
      error,
    );
  }
}

async function launch(binary: string): Promise<Jaeger> {
  const [query, otlp] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${query}`;
  const { stop } = await runBinary(
    binary,
    ['--config', fileURLToPath(new URL('./jaeger.yaml', import.meta.url))],
    { port: query, folder: mkdtempSync(join(tmpdir(), 'foreshock-jaeger-')), user: undefined },
    async () => void (await read(`${url}/api/services`)),
    { env: { PATH: process.env['PATH'], JAEGER_QUERY_PORT: String(query), JAEGER_OTLP_PORT: String(otlp) } },
  );
  return { url, otlp: `http://127.0.0.1:${otlp}`, stop };
}
