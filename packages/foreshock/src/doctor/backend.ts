import { existsSync } from 'node:fs';
import type { Destination, OtlpDestination, ZipkinDestination } from '@foreshock/export';
import { probe, type ProbeAnswer } from '@foreshock/export/probe';
import { VERSION } from '@foreshock/kit';
import { look, ok, wrong, type Finding } from './finding.ts';
import { type Proxy, proxyFindings, proxyOf } from './proxy.ts';
import { whatListens } from './what-listens.ts';

type HttpDestination = OtlpDestination | ZipkinDestination;

const LIMIT_MS = 5_000;
/** `Date` has seconds; answers take time. */
const CLOCK_MS = 5_000;
const WRONG_CLOCK_MS = 60_000;
const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv'];
const UNTRUSTED =
  /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?)$/;

/** Of the proxy: it looks up the backend's name. */
const UNREACHED = /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/;

/** Sends each a request without spans. */
export async function backendFindings(
  destinations: readonly Destination[],
  variables: NodeJS.ProcessEnv,
): Promise<Finding[]> {
  const all = destinations.filter((each): each is HttpDestination => each.kind !== 'console');
  return (await Promise.all(all.map((destination) => ask(destination, variables)))).flat();
}

async function ask(destination: HttpDestination, variables: NodeJS.ProcessEnv): Promise<Finding[]> {
  const url = new URL(destination.url);
  const timeoutMs = Math.min(destination.timeoutMs ?? LIMIT_MS, LIMIT_MS);
  const sent = Date.now();
  const answer = await probe({ ...destination, timeoutMs }, `foreshock-doctor/${VERSION}`);
  const name = `${url.protocol}//${url.host}${url.pathname}`;
  const findings = 'error' in answer ? [] : clock(answer, sent, Date.now());
  const error = 'error' in answer ? answer.error : '';
  const proxy = UNREACHED.test(error) ? proxyOf(url, variables) : undefined;
  const judged = proxy ? unreachedProxy(proxy, error) : await judge(name, url, answer, destination);
  return [judged, ...findings, ...proxyFindings(url, variables)];
}

async function judge(name: string, url: URL, answer: ProbeAnswer, { kind }: HttpDestination): Promise<Finding> {
  if ('error' in answer) return unreachable(name, url, answer.error);
  const { status, contentType, said } = answer;
  if (status >= 200 && status < 300) {
    if (!contentType.includes('text/html')) return ok('backend', `${name} answers ${status}`);
    return wrong('backend', `${name} answers with a web page: it takes no spans there`, pathAdvice(url, kind));
  }
  const what = `${name} answers ${status}${said ? `: ${said}` : ''}`;
  if (status === 401 || status === 403 || status === 407)
    return wrong('backend', what, 'put its key into OTEL_EXPORTER_OTLP_HEADERS=name=value (values percent-encoded)');
  if (status === 404 || status === 405 || status === 501) return wrong('backend', what, pathAdvice(url, kind));
  if (status === 429 || status >= 502)
    return wrong('backend', what, 'it is overloaded, or nothing is behind its proxy: look at its logs');
  if (status >= 300 && status < 400)
    return wrong('backend', what, 'redirects are not followed: name its final address');
  if (status === 400 && url.protocol === 'http:' && (await whatListens(url)) === 'tls')
    return wrong('backend', `${name}: a server for TLS listens there`, 'write https:// instead of http://');
  return wrong('backend', what, 'look at its logs; it may take another format (OTEL_EXPORTER_OTLP_PROTOCOL)');
}

function unreachedProxy({ name, address }: Proxy, error: string): Finding {
  return wrong(
    'backend',
    `the proxy ${address} cannot be reached (${error})`,
    `correct ${name}, or name the backend in NO_PROXY`,
  );
}

async function unreachable(name: string, url: URL, error: string): Promise<Finding> {
  const isLocal = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (error === 'ECONNREFUSED') {
    const inContainer = isLocal && CONTAINER_FILES.some((file) => existsSync(file));
    const where = inContainer ? `${SETS} (localhost is this container itself)` : SETS;
    const advice = 'start a collector there, or see the spans at once with: npx foreshock view';
    return wrong('backend', `nothing listens at ${name} (ECONNREFUSED)`, `${advice}; ${where}`);
  }
  if (error === 'ENOTFOUND' || error === 'EAI_AGAIN')
    return wrong('backend', `${name}: there is no host of this name (${error})`, `correct it; ${SETS}`);
  if (UNTRUSTED.test(error))
    return wrong(
      'backend',
      `${name}: its certificate is not trusted (${error})`,
      'OTEL_EXPORTER_OTLP_CERTIFICATE=ca.pem',
    );
  if (error === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return wrong('backend', `${name}: its certificate is for another name`, 'use a name that is in it');
  if (error === 'CERT_HAS_EXPIRED') return wrong('backend', `${name}: its certificate has expired`, 'renew it there');
  const listens = await whatListens(url);
  if (listens === 'http2')
    return wrong(
      'backend',
      `${name}: a gRPC server listens there, and Foreshock speaks OTLP over HTTP`,
      `use the collector’s port for HTTP, 4318 by default; ${SETS}`,
    );
  if (listens === 'tls')
    return wrong('backend', `${name}: a server for TLS listens there`, 'write https:// instead of http://');
  if (listens === 'http')
    return wrong('backend', `${name}: a server without TLS listens there`, 'write http:// instead of https://');
  // HTTP/2 is invalid as HTTP/1.1, and was asked for above.
  if (error.startsWith('HPE_'))
    return wrong(
      'backend',
      `${name}: what listens there does not answer in valid HTTP (${error})`,
      `look whether it is the right port; ${SETS}`,
    );
  return wrong('backend', `${name}: ${error}`, 'look for a firewall or a proxy between them, and at its logs');
}

const SETS = 'OTEL_EXPORTER_OTLP_ENDPOINT says where';

function pathAdvice({ pathname }: URL, kind: HttpDestination['kind']): string {
  if (kind === 'zipkin') return 'the path is usually /api/v2/spans: OTEL_EXPORTER_ZIPKIN_ENDPOINT';
  if (/\/v1\/traces\/v1\/traces\/?$/.test(pathname))
    return 'OTEL_EXPORTER_OTLP_ENDPOINT gets /v1/traces appended: leave it out there';
  if (!/\/v1\/traces\/?$/.test(pathname))
    return 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is used as it is: append /v1/traces, or use OTEL_EXPORTER_OTLP_ENDPOINT';
  return 'it takes no OTLP at this path: look whether it is the port of a UI (Jaeger’s is 16686, its OTLP 4318)';
}

function clock({ date }: Exclude<ProbeAnswer, { error: string }>, sent: number, received: number): Finding[] {
  if (date === undefined) return [];
  // Its second may end later.
  const off = date > received ? date - received : date + 1_000 < sent ? date + 1_000 - sent : 0;
  if (Math.abs(off) < CLOCK_MS) return [ok('clock', 'agrees with the backend’s')];
  const seconds = Math.round(Math.abs(off) / 1_000);
  const text = `this machine’s clock is ${seconds} s ${off > 0 ? 'behind' : 'ahead of'} the backend’s`;
  const todo = 'set the clock (NTP): spans lie in another time than you look at';
  return [Math.abs(off) >= WRONG_CLOCK_MS ? wrong('clock', text, todo) : look('clock', text, todo)];
}
