import type { Adapter } from '@foreshock/kit';
import type { DbEvents } from '../events.ts';
import { pg } from './pg.ts';

/** Every database library this boundary knows; a new one is a file beside these and a line here. */
export const adapters: readonly Adapter<DbEvents>[] = [pg];
