import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Destination, OtlpDestination } from '@foreshock/export';
import type { Env } from './env.ts';

export type FullOtlpDestination = OtlpDestination & { headers: Record<string, string>; timeoutMs: number };
type Signal = 'traces' | 'metrics' | 'logs';

/** FORESHOCK_SPOOL_DIR; undefined if empty. */
export function readSpoolDirectory(env: Env, byDefault: () => string): string | undefined {
  if (env.isEmpty('FORESHOCK_SPOOL_DIR')) return undefined;
  return resolve(env.text('FORESHOCK_SPOOL_DIR') ?? byDefault());
}

export function readDestinations(env: Env): Destination[] {
  return readExporters(env, 'OTEL_TRACES_EXPORTER', ['otlp', 'zipkin', 'console'], ['otlp']).map(
    (exporter): Destination => {
      if (exporter === 'otlp') return readOtlp(env, 'traces');
      if (exporter === 'console') return { kind: 'console' };
      const byDefault = 'http://localhost:9411/api/v2/spans';
      const endpoint = env.text('OTEL_EXPORTER_ZIPKIN_ENDPOINT');
      return {
        kind: 'zipkin',
        url: endpoint === undefined ? byDefault : env.url('OTEL_EXPORTER_ZIPKIN_ENDPOINT', endpoint, byDefault),
        timeoutMs: env.milliseconds(['OTEL_EXPORTER_ZIPKIN_TIMEOUT'], 10_000, 1),
      };
    },
  );
}

/** OTEL_LOGS_EXPORTER; default none, unlike the specification. */
export function readLogDestinations(env: Env): Destination[] {
  const isWanted = readExporters(env, 'OTEL_LOGS_EXPORTER', ['otlp'], []).length > 0;
  return isWanted ? [{ ...readOtlp(env, 'logs'), signal: 'logs' }] : [];
}

export function readExporters<E extends string>(env: Env, name: string, known: readonly E[], byDefault: E[]): E[] {
  const asked = env.list(name);
  if (!asked) return byDefault;
  if (asked.length === 1 && asked[0] === 'none') return [];
  const { found, unknown } = env.known(asked, known);
  if (unknown.length > 0) {
    const instead = found.length > 0 ? 'it is left out' : `${byDefault.join(',') || 'none'} is used`;
    env.wrong(name, unknown.join(','), `is none of ${[...known, 'none'].join(', ')}, ${instead}`);
  }
  return found.length > 0 ? found : byDefault;
}

/** A signal's variable precedes the general. */
export function readOtlp(env: Env, signal: Signal): FullOtlpDestination {
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}`;
  const both = (name: string): [string, string] => [`${own}_${name}`, `OTEL_EXPORTER_OTLP_${name}`];
  return {
    kind: 'otlp',
    url: readOtlpUrl(env, signal, `${own}_ENDPOINT`),
    headers: { ...env.pairs('OTEL_EXPORTER_OTLP_HEADERS'), ...env.pairs(`${own}_HEADERS`) },
    protocol: env.oneOf(both('PROTOCOL'), ['http/protobuf', 'http/json'], 'http/protobuf'),
    compression: env.oneOf(both('COMPRESSION'), ['none', 'gzip'], 'none'),
    timeoutMs: env.milliseconds(both('TIMEOUT'), 10_000, 1),
    ...readPems(env, { ca: both('CERTIFICATE'), cert: both('CLIENT_CERTIFICATE'), key: both('CLIENT_KEY') }),
  };
}

/** The general endpoint gets the signal's path (specification, OTLP exporter). */
function readOtlpUrl(env: Env, signal: Signal, ownName: string): string {
  const byDefault = `http://localhost:4318/v1/${signal}`;
  const own = env.text(ownName);
  if (own !== undefined) return env.url(ownName, own, byDefault);
  const general = env.text('OTEL_EXPORTER_OTLP_ENDPOINT');
  if (general === undefined) return byDefault;
  const checked = env.url('OTEL_EXPORTER_OTLP_ENDPOINT', general, byDefault);
  if (checked === byDefault) return byDefault;
  const url = new URL(checked);
  url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`;
  return url.href;
}

type Pem = 'ca' | 'cert' | 'key';

/** Certificates may be renewed meanwhile. */
function readPems(
  env: Env,
  variables: Record<Pem, readonly string[]>,
): { [P in Pem]?: string } & { pemFiles?: { [P in Pem]?: string } } {
  const texts: { [P in Pem]?: string } = {};
  const pemFiles: { [P in Pem]?: string } = {};
  for (const pem of ['ca', 'cert', 'key'] as const) {
    const given = env.first(...variables[pem]);
    if (!given) continue;
    try {
      texts[pem] = readFileSync(given.value, 'utf8');
      pemFiles[pem] = resolve(given.value);
    } catch (error) {
      env.wrong(given.name, given.value, `cannot be read (${(error as NodeJS.ErrnoException).code}), it is left out`);
    }
  }
  return Object.keys(texts).length > 0 ? { ...texts, pemFiles } : {};
}
