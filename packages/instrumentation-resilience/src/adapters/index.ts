import type { Adapter } from '@foreshock/kit';
import type { ResilienceEvents } from '../events.ts';
import { asyncRetry } from './async-retry.ts';
import { axiosRetry } from './axios-retry.ts';
import { cockatiel } from './cockatiel.ts';
import { got } from './got.ts';
import { handWrittenBreaker } from './hand-written-breaker.ts';
import { opossum } from './opossum.ts';
import { pRetry } from './p-retry.ts';
import { undici } from './undici.ts';

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
