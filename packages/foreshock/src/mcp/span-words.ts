/** By OTLP's numbers. */
export const KINDS: readonly string[] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
export const STATUSES: readonly string[] = ['unset', 'ok', 'error'];
