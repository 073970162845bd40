import type { ServerErrors } from '@foreshock/kit';

/** `RequestError` of lib/errors.js; several come as an `AggregateError`. */
interface Failure {
  number?: unknown;
  errors?: unknown;
}

function numberOf(error: unknown): number | undefined {
  const { number, errors } = (error ?? {}) as Failure;
  if (typeof number === 'number') return number;
  return Array.isArray(errors) && errors.length > 0 ? numberOf(errors[0]) : undefined;
}

export const TEDIOUS_ERRORS: ServerErrors = {
  statusOf(error) {
    const number = numberOf(error);
    return number === undefined ? undefined : String(number);
  },
  /** The application writes the text of `THROW` and `RAISERROR`: 50000 and up. */
  shownOf(error) {
    return (numberOf(error) ?? 0) >= 50_000 ? '' : undefined;
  },
};
