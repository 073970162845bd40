// Replaces `@opentelemetry/api` in register.cjs, which must not load it; for the kit's log only.

export const diag = {};
