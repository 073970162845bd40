/** Asks whether a server serves, without an account or a log line. */
export interface Protocol {
  readonly port: number;
  /** Undefined: only its accepting a connection shows anything. */
  readonly hello?: Uint8Array;
  /**
   * @param answer first bytes
   * @returns why it does not serve
   */
  readonly refusal?: (answer: Buffer) => string | undefined;
  /** Its servers replace each other. */
  readonly isCluster?: boolean;
}

const text = (line: string): Uint8Array => Buffer.from(line, 'latin1');

/** Of a running Redis that cannot serve (src/server.c, `processCommand`; networking.c). */
const REDIS_REFUSALS = /^-(LOADING|MASTERDOWN|ERR max number of clients)/;

/** `{ hello: 1, $db: 'admin' }` */
const MONGODB_HELLO = Buffer.from(
  '340000000100000000000000dd07000000000000001f0000001068656c6c6f000100000002246462000600000061646d696e0000',
  'hex',
);

export const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  // GSSENCRequest: answered with one byte, without a log line when we leave (src/backend/tcop/backend_startup.c,
  // `ProcessStartupPacket`).
  postgresql: { port: 5432, hello: new Uint8Array([0, 0, 0, 8, 4, 210, 22, 48]) },
  redis: {
    port: 6379,
    hello: text('PING\r\n'),
    refusal: (answer) => REDIS_REFUSALS.exec(answer.toString('latin1'))?.[1],
  },
  // `hello` as OP_MSG: allowed before authentication. The server logs connections, as those of its drivers' monitors.
  mongodb: { port: 27017, hello: MONGODB_HELLO },
  memcached: { port: 11211, hello: text('version\r\n') },
  // ApiVersions 0: allowed before authentication.
  kafka: { port: 9092, hello: new Uint8Array([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]), isCluster: true },
  // It logs protocol headers without a login, but not empty connections.
  rabbitmq: { port: 5672 },
};
