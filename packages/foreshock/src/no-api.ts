// Stands in for `@opentelemetry/api` in register.cjs, which must not load it: of what it takes from the kit, only
// the log would use it.

/** Has no logger. */
export const diag = {};
