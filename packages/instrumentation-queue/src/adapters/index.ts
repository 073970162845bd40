import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../events.ts';
import { pgBoss } from './pg-boss.ts';

/** Every queue library this boundary knows; a new one is a file beside these and a line here. */
export const adapters: readonly Adapter<QueueEvents>[] = [pgBoss];
