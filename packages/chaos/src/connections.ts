import type { Socket } from 'node:net';
import type { Boundary } from './plan.ts';
import type { Fault } from './fault.ts';
import type { Faults } from './faults.ts';
import type { Target } from './target.ts';

export interface Connection {
  readonly target: Target;
  readonly boundary: Boundary;
}

/** The earlier socket under a TLS connection (pg, mysql2, SMTP). */
interface Layered extends Socket {
  readonly _parent?: Socket | null;
}

export class Connections {
  readonly #known = new WeakMap<Socket, Connection>();
  readonly #open = new Set<WeakRef<Socket>>();
  readonly #faults: Faults;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  add(socket: Socket, connection: Connection): void {
    if (!this.#known.has(socket)) {
      const reference = new WeakRef(socket);
      this.#open.add(reference);
      socket.once('close', () => this.#open.delete(reference));
    }
    this.#known.set(socket, connection);
  }

  of(socket: Layered): Connection | undefined {
    return this.#known.get(socket) ?? (socket._parent ? this.#known.get(socket._parent) : undefined);
  }

  faultsAt({ boundary, target }: Connection): Fault[] {
    return this.#faults.at(['tcp', boundary], target);
  }

  *hitBy(fault: Fault): Generator<[Socket, Connection]> {
    for (const reference of this.#open) {
      const socket = reference.deref();
      const connection = socket && this.#known.get(socket);
      if (!socket || !connection || socket.destroyed) continue;
      if ((fault.plan.on === 'tcp' || fault.plan.on === connection.boundary) && fault.isAt(connection.target)) {
        yield [socket, connection];
      }
    }
  }
}
