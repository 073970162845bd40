import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answers } from '../answer/answers.ts';
import type { StoreMethods } from '../store/thread.ts';
import type { Thread } from '../threads/thread.ts';
import type { Events } from './events.ts';

export interface Context {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  store: Thread<StoreMethods>;
  answers: Answers;
  events: Events;
}

/** Undefined if the route responded itself. */
export interface Reply {
  status?: number;
  type: string;
  body: string | Buffer;
  headers?: Record<string, string>;
}
