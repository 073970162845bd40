export interface Supported {
  /** On npm, or Node's module. */
  library: string;
  /** `>=8.0.3 <9`. */
  versions: string;
  /** Nobody chooses its version. */
  isTransitive: boolean;
  /** One for each call, job or message. */
  hasSpans: boolean;
}

/** From the adapters; set by build.mjs. */
declare const ADAPTERS: Supported[];

export const SUPPORTED: readonly Supported[] = ADAPTERS;
