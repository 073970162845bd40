import type { Adapter } from '@foreshock/kit';
import type { ScheduleEvents } from '../events.ts';
import { cron } from './cron/index.ts';
import { croner } from './croner/index.ts';
import { nestjsSchedule } from './nestjs-schedule/index.ts';
import { nodeCron } from './node-cron/index.ts';
import { nodeSchedule } from './node-schedule/index.ts';
import { timers } from './timers/index.ts';
import { toadScheduler } from './toad-scheduler/index.ts';

/** Every scheduler this boundary knows; a new one is a folder beside these and a line here. */
export const adapters: readonly Adapter<ScheduleEvents>[] = [
  cron,
  croner,
  nestjsSchedule,
  nodeCron,
  nodeSchedule,
  timers,
  toadScheduler,
];
