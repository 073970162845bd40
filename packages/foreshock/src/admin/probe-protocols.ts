/** How a server is asked whether it serves, without an account, and without a line in its log. */
export interface Protocol {
  readonly port: number;
  /** Undefined: that it accepts a connection is all that can be asked. */
  readonly hello?: Uint8Array;
  /**
   * @param answer its first bytes
   * @returns why it does not serve
   */
  readonly refusal?: (answer: Buffer) => string | undefined;
  /** Whether its servers stand in for each other. */
  readonly isCluster?: boolean;
}

const text = (line: string): Uint8Array => Buffer.from(line, 'latin1');

/** Answers of a Redis that runs, but cannot serve (its src/server.c, `processCommand`; networking.c). */
const REDIS_REFUSALS = /^-(LOADING|MASTERDOWN|ERR max number of clients)/;

export const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  // GSSENCRequest: answered with one byte by a server's process, which then ends without a line when we leave
  // (src/backend/tcop/backend_startup.c, `ProcessStartupPacket`); after an SSLRequest it would log a failed handshake.
  postgresql: { port: 5432, hello: new Uint8Array([0, 0, 0, 8, 4, 210, 22, 48]) },
  redis: {
    port: 6379,
    hello: text('PING\r\n'),
    refusal: (answer) => REDIS_REFUSALS.exec(answer.toString('latin1'))?.[1],
  },
  memcached: { port: 11211, hello: text('version\r\n') },
  // ApiVersions, version 0: allowed before authentication.
  kafka: { port: 9092, hello: new Uint8Array([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255]), isCluster: true },
  // It logs every protocol header that is not followed by a login, but not a connection without one.
  rabbitmq: { port: 5672 },
};
