// Replaces `@opentelemetry/api` in register.cjs, which must not load it; only the kit's log uses it.

export const diag = {};
