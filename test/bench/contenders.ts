import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peersFolder } from './peers.ts';

/** A way to run an app: with which tracer and settings. */
export interface Contender {
  name: string;
  /** Package and version, for the table's foot. */
  version: string;
  /** The file given to `--require`; none for a bare app. */
  preload?: string;
  /** Settings, the address of its backend among them. */
  env(backend: string): Record<string, string>;
}

/** Traces on, everything sampled, metrics and logs off, sent about once a second. */
const openTelemetry = (backend: string): Record<string, string> => ({
  OTEL_SERVICE_NAME: 'bench',
  OTEL_EXPORTER_OTLP_ENDPOINT: backend,
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_TRACES_SAMPLER: 'parentbased_always_on',
  OTEL_BSP_SCHEDULE_DELAY: '1000',
});

const bare = (name: string): Contender => ({ name, version: '', env: () => ({}) });

/** What to compare ourselves with: then dd-trace and otel-lean sit out. */
export interface Beside {
  /** The `register.cjs` of another build. */
  before?: string | undefined;
  /** Ourselves without the spool on disk. */
  spool: boolean;
}

/** All of them, in the order of the tables. The two bare ones differ by what the machine's noise is. */
export function contenders({ before, spool }: Beside = { spool: false }): Contender[] {
  const { resolve } = createRequire(new URL('package.json', peersFolder));
  const version = (name: string): string => {
    const file = new URL(`node_modules/${name}/package.json`, peersFolder);
    return `${name} ${(JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version}`;
  };
  const auto = {
    preload: resolve('@opentelemetry/auto-instrumentations-node/register'),
    version: version('@opentelemetry/auto-instrumentations-node'),
  };
  const all: Contender[] = [
    bare('none'),
    bare('none, again'),
    { name: 'otel-auto', ...auto, env: openTelemetry },
    {
      name: 'otel-lean',
      ...auto,
      version: `${auto.version}, its instrumentations http, undici, pg, ioredis, pino alone, local resource detectors`,
      env: (backend) => ({
        ...openTelemetry(backend),
        OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,undici,pg,ioredis,pino',
        OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
      }),
    },
    {
      name: 'dd-trace',
      preload: resolve('dd-trace/init'),
      version: version('dd-trace'),
      env: (backend) => ({
        DD_SERVICE: 'bench',
        DD_TRACE_AGENT_URL: backend,
        DD_TRACE_FLUSH_INTERVAL: '1000',
        DD_TRACE_STARTUP_LOGS: 'false',
        // Its own reports home are no tracing.
        DD_INSTRUMENTATION_TELEMETRY_ENABLED: 'false',
        DD_REMOTE_CONFIGURATION_ENABLED: 'false',
        DD_CRASHTRACKING_ENABLED: 'false',
      }),
    },
    {
      name: 'foreshock',
      preload: fileURLToPath(new URL('../../packages/foreshock/dist/register.cjs', import.meta.url)),
      version: 'this checkout',
      env: openTelemetry,
    },
  ];
  if (before === undefined && !spool) return all;
  const own = all.at(-1)!;
  const others: Contender[] = [];
  if (spool) {
    const env = (backend: string) => ({ ...own.env(backend), FORESHOCK_SPOOL_DIR: '' });
    others.push({ ...own, name: 'foreshock, no spool file', env });
  }
  if (before !== undefined) {
    others.push({ name: 'before', version: before, preload: resolvePath(before), env: openTelemetry });
  }
  return [...all.filter(({ name }) => name !== 'dd-trace' && name !== 'otel-lean'), ...others];
}
