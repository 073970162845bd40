import type { Adapter } from '@foreshock/kit';
import type { HttpEvents } from '../events.ts';
import { express } from './express.ts';
import { fastify } from './fastify.ts';
import { http } from './http.ts';
import { koa } from './koa.ts';
import { undici } from './undici.ts';

/** Every server, client and framework this boundary knows; a new one is a file beside these and a line here. */
export const adapters: readonly Adapter<HttpEvents>[] = [http, undici, express, fastify, koa];
