// Made by `npm run generate` from the folders beside it.
import { asyncRetry } from './async-retry/index.ts';
import { axiosRetry } from './axios-retry/index.ts';
import { cockatiel } from './cockatiel/index.ts';
import { exponentialBackoff } from './exponential-backoff/index.ts';
import { got } from './got/index.ts';
import { handWrittenBreaker } from './hand-written-breaker/index.ts';
import { opossum } from './opossum/index.ts';
import { pRetry } from './p-retry/index.ts';
import { retry } from './retry/index.ts';
import { smithyCore } from './smithy-core/index.ts';
import { undici } from './undici/index.ts';

/** Every library this boundary knows. */
export const adapters = [
  asyncRetry,
  axiosRetry,
  cockatiel,
  exponentialBackoff,
  got,
  handWrittenBreaker,
  opossum,
  pRetry,
  retry,
  smithyCore,
  undici,
];
