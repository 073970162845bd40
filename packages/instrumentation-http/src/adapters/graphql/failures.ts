/** graphql/error/GraphQLError.js. */
interface ReportedError {
  name?: string;
  extensions?: { code?: unknown } | null;
  /** Of http-errors and Nest's `HttpException`. */
  status?: unknown;
  statusCode?: unknown;
  /** What a resolver threw. */
  originalError?: ReportedError | null;
}

export interface Result {
  errors?: readonly ReportedError[];
}

/** Apollo's code of an unexpected error. */
const INTERNAL = 'INTERNAL_SERVER_ERROR';

/** @returns what a resolver failed with; undefined for an answer to the client (`GraphQLError`, or with a code, or HTTP's 4xx) */
export function failureOf({ errors }: Result): unknown {
  for (const error of errors ?? []) {
    let thrown = error.originalError;
    while (thrown?.originalError) thrown = thrown.originalError;
    if (thrown && !isAnswer(thrown)) return thrown;
  }
  return undefined;
}

function isAnswer({ name, extensions, statusCode, status = statusCode }: ReportedError): boolean {
  if (typeof status === 'number' && status >= 400 && status < 500) return true;
  const code = extensions?.code;
  return typeof code === 'string' ? code !== INTERNAL : name === 'GraphQLError';
}
