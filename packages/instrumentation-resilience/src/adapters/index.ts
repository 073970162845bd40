import type { Adapter } from '@foreshock/kit';
import type { ResilienceEvents } from '../events.ts';
import { asyncRetry } from './async-retry/index.ts';
import { axiosRetry } from './axios-retry/index.ts';
import { cockatiel } from './cockatiel/index.ts';
import { got } from './got/index.ts';
import { handWrittenBreaker } from './hand-written-breaker/index.ts';
import { opossum } from './opossum/index.ts';
import { pRetry } from './p-retry/index.ts';
import { undici } from './undici/index.ts';

/** Every library this boundary knows. */
export const adapters: readonly Adapter<ResilienceEvents>[] = [
  opossum,
  cockatiel,
  got,
  axiosRetry,
  pRetry,
  asyncRetry,
  undici,
  handWrittenBreaker,
];
