import type { SignalKind } from '../decompose/signals.ts';

export const SPENT_ON: Record<SignalKind, string> = {
  self: 'own work',
  call: 'between caller and server',
  dependency: 'dependency',
  poolWait: 'waiting for a connection',
  poolConnect: 'opening a connection',
  socketWait: 'waiting for a socket',
  dns: 'looking up a name',
  connect: 'connecting',
  tls: 'TLS handshake',
  queueWait: 'waiting in the queue',
  backOff: 'pause before a retry',
  blocked: 'event loop blocked',
  gc: 'garbage collection',
};
