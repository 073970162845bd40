import { gzip, gzipSync } from 'node:zlib';
import { toLines } from './console.ts';
import { readPartialSuccess, readRefusal } from './decode/response.ts';
import { signalOf, type Destination, type OtlpDestination, type ZipkinDestination } from './destination.ts';
import { toJson, toProtobuf, type RecordBatch } from './otlp-request.ts';
import { post, type Answer } from './post.ts';
import { MAX_IN_FLIGHT, Target } from './target.ts';
import { toZipkin } from './zipkin.ts';

export type Outcome =
  | { readonly kind: 'delivered'; readonly rejectedSpans?: number; readonly message?: string }
  /** Final: retries are useless. */
  | { readonly kind: 'rejected'; readonly cause: string }
  /** Smaller parts may be accepted. */
  | { readonly kind: 'too_large'; readonly cause: string }
  | { readonly kind: 'retry'; readonly cause: string; readonly afterMs?: number };

export interface Backend {
  /**
   * Never rejects; settles within the time-out.
   *
   * @param sent before the last byte, without which no backend takes the request
   */
  send(load: readonly RecordBatch[], sent?: () => void): Promise<Outcome>;
}

export interface Surroundings {
  /** Must be neither blocked nor kept alive. */
  readonly mainThread: boolean;
  readonly userAgent: string;
  print(text: string): void;
}

/** A third of the default's CPU; nearly as small. */
const GZIP = { level: 1 };
const MAX_MESSAGE = 200;
/** Step, and most bytes, kept for reuse. */
const BODY_STEP = 64 * 1024;
const MAX_KEPT_BODY = 1 << 20;
const MAX_RETRY_AFTER_MS = 300_000;
/** OTLP's retryable statuses. */
const RETRYABLE = new Set([429, 502, 503, 504]);
const TOO_LARGE = 413;

/** An invalid destination rejects every request. */
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
  const signal = signalOf(destination);
  const type = json ? 'application/json' : 'application/x-protobuf';
  const target = new Target(destination, { userAgent, contentType: type, mainThread });
  const compress = destination.compression === 'gzip';
  // Touching fresh memory costs more than filling it.
  const spare: Buffer[] = [];
  const room = (bytes: number): Buffer => {
    const kept = spare.pop();
    return kept && kept.length >= bytes ? kept : Buffer.allocUnsafeSlow(Math.ceil(bytes / BODY_STEP) * BODY_STEP);
  };
  return {
    async send(load, sent) {
      const body = json ? toJson(load, signal) : toProtobuf(load, room, signal);
      const answer = compress
        ? await post(
            target,
            { 'content-encoding': 'gzip' },
            mainThread ? await gzipAside(body) : gzipSync(body, GZIP),
            sent,
          )
        : await post(target, {}, body, sent);
      // Answers may precede the body's end.
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
    async send(load, sent) {
      return outcomeOf(await post(target, {}, toZipkin(load), sent), () => ({ kind: 'delivered' }));
    },
  };
}

/** The thread pool is the application's: main thread only. */
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
  const said = refusalOf(answer);
  return { kind: status === TOO_LARGE ? 'too_large' : 'rejected', cause: said ? `${cause}, ${said}` : cause };
}

/** What the backend said, on one line. */
export function refusalOf({ contentType, body }: { contentType: string; body: Buffer }): string {
  return oneLine(contentType.includes('protobuf') ? readRefusal(body) : body.toString('utf8'));
}

/** Seconds or a date, in ms; undefined when invalid. */
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
    const rejected = Number(partial?.rejectedSpans ?? partial?.rejectedLogRecords ?? 0);
    return {
      rejectedSpans: Number.isSafeInteger(rejected) ? rejected : 0,
      message: typeof partial?.errorMessage === 'string' ? partial.errorMessage : '',
    };
  } catch {
    return { rejectedSpans: 0, message: '' };
  }
}

/** Cuts a backend's text to one log line. */
function oneLine(text: string): string {
  const clean = text
    .slice(0, 4 * MAX_MESSAGE)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean;
}
