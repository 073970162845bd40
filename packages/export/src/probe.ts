import { gzipSync } from 'node:zlib';
import { refusalOf } from './backend.ts';
import type { OtlpDestination, ZipkinDestination } from './destination.ts';
import { post } from './post.ts';
import { Target } from './target.ts';

/** To a request without spans. */
export type ProbeAnswer =
  | {
      readonly status: number;
      readonly contentType: string;
      /** One line of at most 200 characters; empty for 2xx. */
      readonly said: string;
      /** Its clock, ms since 1970, if known. */
      readonly date: number | undefined;
    }
  | { readonly error: string };

/**
 * Sends an empty request as the sender would. Never rejects.
 *
 * @param destination with its `timeoutMs`
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
