import type { Adapter } from '@foreshock/kit';
import type { LineEvents } from '../events.ts';
import { pino } from './pino/index.ts';

export const adapters: readonly Adapter<LineEvents>[] = [pino];
