// Made by `npm run generate` from the folders beside it.
import { pino } from './pino/index.ts';

/** Every library this boundary knows. */
export const adapters = [pino];
