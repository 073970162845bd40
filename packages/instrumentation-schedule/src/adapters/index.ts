import type { Adapter } from '@foreshock/kit';
import type { ScheduleEvents } from '../events.ts';
import { cron } from './cron.ts';
import { croner } from './croner.ts';
import { nestjsSchedule } from './nestjs-schedule.ts';
import { nodeCron } from './node-cron.ts';
import { nodeSchedule } from './node-schedule.ts';
import { timers } from './timers.ts';
import { toadScheduler } from './toad-scheduler.ts';

/** Every scheduler this boundary knows; a new one is a file beside these and a line here. */
export const adapters: readonly Adapter<ScheduleEvents>[] = [
  cron,
  croner,
  nestjsSchedule,
  nodeCron,
  nodeSchedule,
  timers,
  toadScheduler,
];
