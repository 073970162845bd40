// Replaces `@opentelemetry/api` in register.cjs, which must not load it; only the kit's log would use it.

export const diag = {};
