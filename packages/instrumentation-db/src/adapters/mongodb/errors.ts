import type { ServerErrors } from '@foreshock/kit';

/** `MongoServerError` (mongodb/lib/error.js), or an error in a reply ({@link replyError}). */
interface Failure {
  code?: unknown;
  message?: unknown;
  hasErrorLabel?: unknown;
}

/** Then index and values. */
const DUPLICATE_KEY = 'E11000 duplicate key error';

export const MONGODB_ERRORS: ServerErrors = {
  /** The driver's own errors have none; an `AbortSignal`'s reason any: `AbortError` has 20. */
  statusOf(error) {
    const { code, hasErrorLabel } = (error ?? {}) as Failure;
    if (typeof code !== 'number' || (error instanceof Error && typeof hasErrorLabel !== 'function')) return undefined;
    return String(code);
  },
  shownOf(error) {
    const { message } = (error ?? {}) as Failure;
    return typeof message === 'string' && message.startsWith(DUPLICATE_KEY) ? DUPLICATE_KEY : undefined;
  },
};

type ReplyFailure = Pick<Failure, 'code' | 'message'>;

interface ServerFailure {
  code?: unknown;
  errmsg?: unknown;
}

interface Reply {
  /** Of a client's `bulkWrite`, since 6.10: operations' results are in a cursor. */
  nErrors?: number;
  cursor?: { firstBatch?: readonly (ServerFailure & { ok?: unknown })[] };
  writeErrors?: readonly ServerFailure[];
  writeConcernError?: ServerFailure;
}

/** Since 6.8: `MongoDBResponse` (lib/cmap/wire_protocol/responses.js), decoded where it is read. */
interface EncodedReply {
  /** Null if missing. */
  get(name: string | number, type: number): any;
  getNumber(name: string): number | null;
}

/** From the BSON specification. */
const STRING = 2;
const OBJECT = 3;
const ARRAY = 4;

/** An accepted command with failed writes has `ok` 1; the driver throws. */
export function replyError(reply: unknown): ReplyFailure | undefined {
  if (typeof reply !== 'object' || reply === null) return undefined;
  if (isEncoded(reply)) return encodedError(reply);
  const { writeErrors, writeConcernError, nErrors, cursor } = reply as Reply;
  const failed = nErrors ? cursor?.firstBatch?.find(({ ok }) => ok === 0) : undefined;
  const failure = writeErrors?.[0] ?? failed ?? writeConcernError;
  return failure && { code: failure.code, message: failure.errmsg };
}

function isEncoded(reply: object): reply is EncodedReply {
  return typeof (reply as Partial<EncodedReply>).getNumber === 'function';
}

function encodedError(reply: EncodedReply): ReplyFailure | undefined {
  const failure: EncodedReply | null =
    reply.get('writeErrors', ARRAY)?.get(0, OBJECT) ?? failedOperation(reply) ?? reply.get('writeConcernError', OBJECT);
  return failure ? { code: failure.getNumber('code'), message: failure.get('errmsg', STRING) } : undefined;
}

function failedOperation(reply: EncodedReply): EncodedReply | undefined {
  if (!reply.getNumber('nErrors')) return undefined;
  const batch: EncodedReply | null = reply.get('cursor', OBJECT)?.get('firstBatch', ARRAY);
  for (let i = 0; ; i++) {
    const result = batch?.get(i, OBJECT);
    if (!result || result.getNumber('ok') === 0) return result ?? undefined;
  }
}
