import type { Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../events.ts';
import { express } from './express/index.ts';
import { fastify } from './fastify/index.ts';
import { http } from './http/index.ts';
import { koa } from './koa/index.ts';
import { undici } from './undici/index.ts';

/** Every server, client and framework this boundary knows; a new one is a folder beside these and a line here. */
export const adapters: readonly Adapter<HttpEvents>[] = [http, undici, express, fastify, koa];
