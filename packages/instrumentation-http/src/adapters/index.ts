// Made by `npm run generate` from the folders beside it.
import { express } from './express/index.ts';
import { fastify } from './fastify/index.ts';
import { graphql } from './graphql/index.ts';
import { h3 } from './h3/index.ts';
import { hono } from './hono/index.ts';
import { http } from './http/index.ts';
import { koa } from './koa/index.ts';
import { socketIo } from './socket-io/index.ts';
import { socketIoClient } from './socket-io-client/index.ts';
import { undici } from './undici/index.ts';
import { ws } from './ws/index.ts';

/** Every library this boundary knows. */
export const adapters = [express, fastify, graphql, h3, hono, http, koa, socketIo, socketIoClient, undici, ws];
