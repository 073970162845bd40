import type { Adapter } from '@foreshock/kit';
import type { QueueEvents } from '../events.ts';
import { amqplib } from './amqplib.ts';
import { bullmq } from './bullmq.ts';
import { kafkajs } from './kafkajs.ts';
import { pgBoss } from './pg-boss.ts';

/** Every queue library this boundary knows; a new one is a file beside these and a line here. */
export const adapters: readonly Adapter<QueueEvents>[] = [amqplib, bullmq, kafkajs, pgBoss];
