import { gzip, gzipSync } from 'node:zlib';
import { toLines } from './console.ts';
import { readPartialSuccess, readRefusal } from './decode/response.ts';
import type { Destination, OtlpDestination, ZipkinDestination } from './destination.ts';
import { toJson, toProtobuf, type RecordBatch } from './otlp-request.ts';
import { post, type Answer } from './post.ts';
import { MAX_IN_FLIGHT, Target } from './target.ts';
import { toZipkin } from './zipkin.ts';

/** What became of a load of batches. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly rejectedSpans?: number; readonly message?: string }
  /** Sending the same again would be no use. */
  | { readonly kind: 'rejected'; readonly cause: string }
  /** Sending the same in parts may be. */
  | { readonly kind: 'too_large'; readonly cause: string }
  | { readonly kind: 'retry'; readonly cause: string; readonly afterMs?: number };

/** One destination, as something that takes loads. */
export interface Backend {
  /** Never rejects, and settles within the destination's time-out. */
  send(load: readonly RecordBatch[]): Promise<Outcome>;
}

/** Where the sender runs, and how it reaches the outside other than by HTTP. */
export interface Surroundings {
  /** Whether this is the app's own thread, which must not be blocked or kept alive. */
  readonly mainThread: boolean;
  readonly userAgent: string;
  print(text: string): void;
}

/** The speed of compression is what costs CPU; level 1 takes a third of the default and is nearly as small on spans. */
const GZIP = { level: 1 };
const MAX_MESSAGE = 200;
/** Request bodies grow in these steps, and are kept for the next request up to the maximum. */
const BODY_STEP = 64 * 1024;
const MAX_KEPT_BODY = 1 << 20;
/** A backend that asks for more patience than this is asked again earlier. */
const MAX_RETRY_AFTER_MS = 300_000;
/** OTLP's list; everything else is final. */
const RETRYABLE = new Set([429, 502, 503, 504]);
const TOO_LARGE = 413;

/** Makes the backend of a destination; one that cannot be used refuses all, saying why. */
export function backendOf(destination: Destination, surroundings: Surroundings): Backend {
  try {
    switch (destination.kind) {
      case 'otlp':
        return otlp(destination, surroundings);
      case 'zipkin':
        return zipkin(destination, surroundings);
      case 'console':
        return {
          async send(load) {
            surroundings.print(toLines(load));
            return { kind: 'delivered' };
          },
        };
    }
  } catch (error) {
    const cause = `cannot be used: ${(error as Error).message}`;
    return { send: async () => ({ kind: 'rejected', cause }) };
  }
}

function otlp(destination: OtlpDestination, { mainThread, userAgent }: Surroundings): Backend {
  const json = destination.protocol === 'http/json';
  const type = json ? 'application/json' : 'application/x-protobuf';
  const target = new Target(destination, { userAgent, contentType: type, mainThread });
  const compress = destination.compression === 'gzip';
  // Bodies are used again: touching fresh memory costs more than filling it with spans.
  const spare: Buffer[] = [];
  const room = (bytes: number): Buffer => {
    const kept = spare.pop();
    return kept && kept.length >= bytes ? kept : Buffer.allocUnsafeSlow(Math.ceil(bytes / BODY_STEP) * BODY_STEP);
  };
  return {
    async send(load) {
      const body = json ? toJson(load) : toProtobuf(load, room);
      const answer = compress
        ? await post(target, { 'content-encoding': 'gzip' }, mainThread ? await gzipAside(body) : gzipSync(body, GZIP))
        : await post(target, {}, body);
      // Only when every byte of it has left for good: an early answer may overtake the rest.
      const free = compress || ('allSent' in answer && answer.allSent);
      if (!json && free && spare.length < MAX_IN_FLIGHT && body.buffer.byteLength <= MAX_KEPT_BODY)
        spare.push(Buffer.from(body.buffer));
      return outcomeOf(answer, partialSuccess);
    },
  };
}

function zipkin(destination: ZipkinDestination, { mainThread, userAgent }: Surroundings): Backend {
  const target = new Target(destination, { userAgent, contentType: 'application/json', mainThread });
  return {
    async send(load) {
      return outcomeOf(await post(target, {}, toZipkin(load)), () => ({ kind: 'delivered' }));
    },
  };
}

/** In the thread pool, which the app shares: only where the alternative is the app's own thread. */
function gzipAside(body: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    gzip(body, GZIP, (error, zipped) => (error ? reject(error) : resolve(zipped))),
  );
}

function outcomeOf(answer: Answer, accepted: (body: Buffer, contentType: string) => Outcome): Outcome {
  if ('error' in answer) return { kind: 'retry', cause: answer.error };
  const { status } = answer;
  if (status >= 200 && status < 300) return accepted(answer.body, answer.contentType);
  const cause = `HTTP ${status}`;
  if (RETRYABLE.has(status)) {
    const afterMs = retryAfterMs(answer.retryAfter, Date.now());
    return { kind: 'retry', cause, ...(afterMs !== undefined && { afterMs }) };
  }
  const said = oneLine(
    answer.contentType.includes('protobuf') ? readRefusal(answer.body) : answer.body.toString('utf8'),
  );
  return { kind: status === TOO_LARGE ? 'too_large' : 'rejected', cause: said ? `${cause}, ${said}` : cause };
}

/** `Retry-After` in either form, seconds or a date; undefined when there is none that makes sense. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (!header) return undefined;
  const text = header.trim();
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS) : undefined;
}

function partialSuccess(body: Buffer, contentType: string): Outcome {
  const { rejectedSpans, message } = contentType.includes('json')
    ? readJsonPartialSuccess(body)
    : readPartialSuccess(body);
  return {
    kind: 'delivered',
    ...(rejectedSpans > 0 && { rejectedSpans }),
    ...(message && { message: oneLine(message) }),
  };
}

function readJsonPartialSuccess(body: Buffer): { rejectedSpans: number; message: string } {
  try {
    const { partialSuccess: partial } = JSON.parse(body.toString('utf8'));
    const rejected = Number(partial?.rejectedSpans ?? 0);
    return {
      rejectedSpans: Number.isSafeInteger(rejected) ? rejected : 0,
      message: typeof partial?.errorMessage === 'string' ? partial.errorMessage : '',
    };
  } catch {
    return { rejectedSpans: 0, message: '' };
  }
}

/** Foreign text, fit for one log line. */
function oneLine(text: string): string {
  const clean = text
    .slice(0, 4 * MAX_MESSAGE)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean;
}
