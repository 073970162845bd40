import { gzipSync } from 'node:zlib';
import { refusalOf } from './backend.ts';
import type { OtlpDestination, ZipkinDestination } from './destination.ts';
import { post } from './post.ts';
import { Target } from './target.ts';

/** What a backend answers to a request without spans. */
export type ProbeAnswer =
  | {
      readonly status: number;
      readonly contentType: string;
      /** Its text, on one line of at most 200 characters; empty for 2xx. */
      readonly said: string;
      /** Its clock, ms since 1970; undefined if it does not tell. */
      readonly date: number | undefined;
    }
  | { readonly error: string };

/**
 * Sends a request without spans as the sender would: same headers, certificates, proxy. Never rejects.
 *
 * @param destination its `timeoutMs` applies
 */
export async function probe(destination: OtlpDestination | ZipkinDestination, userAgent: string): Promise<ProbeAnswer> {
  const isOtlp = destination.kind === 'otlp';
  const isJson = !isOtlp || destination.protocol === 'http/json';
  const contentType = isJson ? 'application/json' : 'application/x-protobuf';
  try {
    const target = new Target(destination, { userAgent, contentType, mainThread: false });
    const body = Buffer.from(!isOtlp ? '[]' : isJson ? '{}' : '');
    const isGzip = isOtlp && destination.compression === 'gzip';
    const answer = isGzip
      ? await post(target, { 'content-encoding': 'gzip' }, gzipSync(body))
      : await post(target, {}, body);
    if ('error' in answer) return answer;
    const { status, date } = answer;
    return {
      status,
      contentType: answer.contentType,
      said: status >= 200 && status < 300 ? '' : refusalOf(answer),
      date: date === undefined ? undefined : Date.parse(date) || undefined,
    };
  } catch (error) {
    return { error: (error as NodeJS.ErrnoException).code ?? (error as Error).message };
  }
}
