/** JSON-RPC 2.0, a message a line: the Model Context Protocol's "stdio". */

export type Params = Record<string, unknown>;
export type Method = (params: Params) => unknown;

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
  const answer = async (request: Request): Promise<object | undefined> => {
    const { id, method } = request;
    if (typeof method !== 'string') return id === undefined ? undefined : failure(id, INVALID_REQUEST, 'no method');
    const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
    // Notifications have no answer.
    if (id === undefined) return undefined;
    if (!run) return failure(id, METHOD_NOT_FOUND, `there is no method ${method.slice(0, 100)}`);
    try {
      return { jsonrpc: '2.0', id, result: await run(isObject(request.params) ? request.params : {}) };
    } catch (error) {
      if (error instanceof RpcError) return failure(id, error.code, error.message);
      return failure(id, INTERNAL_ERROR, (error as Error)?.message ?? String(error));
    }
  };
  const take = async (line: string): Promise<void> => {
    const value = parsed(line);
    if (value === undefined) return write(lineOf(failure(null, PARSE_ERROR, 'not JSON')));
    // Version 2025-03-26 has batches.
    const requests = Array.isArray(value) ? value : [value];
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
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    yield* lines;
    if (rest.length > LONGEST_LINE) throw new Error('a message of more than 1 MB');
  }
  yield rest;
}
