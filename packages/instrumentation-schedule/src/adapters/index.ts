// Made by `npm run generate` from the folders beside it.
import { cron } from './cron/index.ts';
import { croner } from './croner/index.ts';
import { nestjsSchedule } from './nestjs-schedule/index.ts';
import { nodeCron } from './node-cron/index.ts';
import { nodeSchedule } from './node-schedule/index.ts';
import { timers } from './timers/index.ts';
import { toadScheduler } from './toad-scheduler/index.ts';

/** Every library this boundary knows. */
export const adapters = [cron, croner, nestjsSchedule, nodeCron, nodeSchedule, timers, toadScheduler];
