import type { RequestContent } from '@foreshock/kit';

/** Methods of requests that have no body, as a rule: it need not be known. */
const WITHOUT_BODY: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE']);

/** Headers that say by themselves that two requests are meant to be one. */
const IDEMPOTENCY_KEY = /^(?:x-)?idempotency-key$/i;

/** Headers that differ from attempt to attempt: the trace, the time, a count of attempts, an identifier of each. */
const OF_AN_ATTEMPT =
  /^(?:baggage|b3|host|connection|content-length|newrelic|signature(?:-input)?)$|trace|span|parent|retry|attempt|amz-sdk|date|timestamp|nonce|request-id|correlation|invocation/i;

/** Schemes whose credentials are computed for each request anew. */
const SIGNED = /^(?:AWS4|OAuth|Digest|Signature|HMAC|Hawk|SharedKey)/i;

/**
 * What two requests have in common when the second is the first one again: method, URL with its query, body and
 * headers. Undefined when the body was not seen.
 *
 * @param content undefined: the span is all there is
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
