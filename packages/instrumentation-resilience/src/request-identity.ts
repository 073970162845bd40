import type { RequestContent } from '@foreshock/kit';

/** Their body may stay unknown. */
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE']);

/** Equal keys identify the same request. */
const IDEMPOTENCY_KEY = /^(?:x-)?idempotency-key$/i;

/** Per attempt: trace, time, count, request id. */
const OF_AN_ATTEMPT =
  /^(?:baggage|b3|host|connection|content-length|newrelic|signature(?:-input)?)$|trace|span|parent|retry|attempt|amz-sdk|date|timestamp|nonce|request-id|correlation|invocation/i;

/** Signing each request. */
const SIGNED = /^(?:AWS4|OAuth|Digest|Signature|HMAC|Hawk|SharedKey)/i;

/**
 * Method, URL with query, body and headers.
 *
 * @param content undefined: only the span is known
 */
export function identityOf(method: string, url: string, content: RequestContent | undefined): string | undefined {
  if (!content) return WITHOUT_BODY.has(method) ? `${method} ${url}` : undefined;
  let body = content.bodyDigest;
  const headers: string[] = [];
  for (const [name, value] of content.headers()) {
    if (IDEMPOTENCY_KEY.test(name)) body = `key ${value}`;
    else if (!OF_AN_ATTEMPT.test(name)) headers.push(`${name.toLowerCase()}: ${withoutSignature(name, value)}`);
  }
  if (body === undefined) return undefined;
  return `${method} ${url} ${content.target} ${body}\n${headers.sort().join('\n')}`;
}

function withoutSignature(name: string, value: string): string {
  if (name.length !== AUTHORIZATION.length || name.toLowerCase() !== AUTHORIZATION) return value;
  return SIGNED.exec(value)?.[0] ?? value;
}

const AUTHORIZATION = 'authorization';
