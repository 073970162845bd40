/** JSON-RPC 2.0, a message a line: the Model Context Protocol's "stdio". */

export type Params = Record<string, unknown>;
/** @param signal aborted when the client has cancelled the request, which then gets no answer */
export type Method = (params: Params, signal: AbortSignal) => unknown;

interface Request {
  id?: string | number | null;
  method?: unknown;
  params?: unknown;
}

const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;
const METHOD_NOT_FOUND = -32_601;
export const INVALID_PARAMS = -32_602;
const INTERNAL_ERROR = -32_603;
const LONGEST_LINE = 1024 * 1024;
const MOST_AT_ONCE = 100;
const CANCELLED = 'notifications/cancelled';
/** In place of a longer line; no JSON. */
const TOO_LONG = 'too long';

/** Sent as the protocol's error, not a tool's. */
export class RpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Answers until the input ends; answers come when ready. */
export async function serve(
  input: AsyncIterable<Buffer | string>,
  write: (line: string) => void,
  methods: Record<string, Method>,
): Promise<void> {
  const underWay = new Map<string | number | null, AbortController>();
  const answer = async (request: Request): Promise<object | undefined> => {
    const { id, method } = request;
    if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number')
      return failure(null, INVALID_REQUEST, 'an id is a string or a number');
    if (typeof method !== 'string') return id === undefined ? undefined : failure(id, INVALID_REQUEST, 'no method');
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
    // Notifications have no answer.
    if (id === undefined) {
      if (method === CANCELLED)
        underWay.get((request.params as { requestId?: string } | undefined)?.requestId ?? null)?.abort();
      return undefined;
    }
    if (!run) return failure(id, METHOD_NOT_FOUND, `there is no method ${method.slice(0, 100)}`);
    const cancelling = new AbortController();
    const { signal } = cancelling;
    underWay.set(id, cancelling);
    try {
      const result = await run(isObject(request.params) ? request.params : {}, signal);
      return signal.aborted ? undefined : { jsonrpc: '2.0', id, result };
    } catch (error) {
      if (signal.aborted) return undefined;
      if (error instanceof RpcError) return failure(id, error.code, error.message);
      return failure(id, INTERNAL_ERROR, (error as Error)?.message ?? String(error));
    } finally {
      if (underWay.get(id) === cancelling) underWay.delete(id);
    }
  };
  const take = async (line: string): Promise<void> => {
    const value = line === TOO_LONG ? undefined : parsed(line);
    if (value === undefined)
      return write(lineOf(failure(null, PARSE_ERROR, line === TOO_LONG ? 'a message of more than 1 MB' : 'not JSON')));
    // Version 2025-03-26 has batches.
    const requests = Array.isArray(value) ? value : [value];
    if (requests.length === 0) return write(lineOf(failure(null, INVALID_REQUEST, 'no requests')));
    const answers = await Promise.all(
      requests.map((each) => (isObject(each) ? answer(each) : failure(null, INVALID_REQUEST, 'no object'))),
    );
    const all = answers.filter((each) => each !== undefined);
    if (all.length > 0) write(lineOf(Array.isArray(value) ? all : all[0]!));
  };
  const running = new Set<Promise<void>>();
  for await (const line of linesOf(input)) {
    if (line.trim() === '') continue;
    const taken = take(line);
    running.add(taken);
    void taken.finally(() => running.delete(taken));
    if (running.size >= MOST_AT_ONCE) await Promise.race(running);
  }
  await Promise.all(running);
}

function failure(id: Request['id'], code: number, message: string): object {
  return { jsonrpc: '2.0', id: id ?? null, error: { code, message } };
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function* linesOf(input: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  /** Its end is skipped. */
  let isTooLong = false;
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      yield isTooLong || line.length > LONGEST_LINE ? TOO_LONG : line;
      isTooLong = false;
    }
    if (rest.length <= LONGEST_LINE) continue;
    isTooLong = true;
    rest = '';
  }
  yield isTooLong ? TOO_LONG : rest;
}
