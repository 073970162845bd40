/** graphql/error/GraphQLError.js. */
interface ReportedError {
  name?: string;
  extensions?: { code?: unknown } | null;
  /** What a resolver threw. */
  originalError?: ReportedError | null;
}

export interface Result {
  errors?: readonly ReportedError[];
}

/** Apollo's code of an unexpected error. */
const INTERNAL = 'INTERNAL_SERVER_ERROR';

/** @returns what a resolver failed with; undefined for an answer to the client (`GraphQLError`, or with a code) */
export function failureOf({ errors }: Result): unknown {
  for (const error of errors ?? []) {
    let thrown = error.originalError;
    while (thrown?.originalError) thrown = thrown.originalError;
    if (thrown && !isAnswer(thrown)) return thrown;
  }
  return undefined;
}

function isAnswer({ name, extensions }: ReportedError): boolean {
  const code = extensions?.code;
  return typeof code === 'string' ? code !== INTERNAL : name === 'GraphQLError';
}
