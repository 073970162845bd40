import { guard } from '@foreshock/kit';
import type { Attempt, Called, RpcStatus, Served } from '../../events.ts';
import { CANCELLED, OK } from '../../status.ts';

/** call-interface.js. */
interface Listener {
  onReceiveMetadata(metadata: unknown): void;
  onReceiveMessage(message: unknown): void;
  onReceiveStatus(status: RpcStatus): void;
}

/** load-balancing-call.js: an attempt; `child` once it has a connection. */
export interface LoadBalancingCall {
  readonly child: object | null;
}

/** What the application is told, in its context: connections and timers tell it. */
export class CallListener implements Listener {
  readonly #call: Called;
  readonly #told: Listener;

  constructor(call: Called, told: Listener) {
    this.#call = call;
    this.#told = told;
  }

  onReceiveMetadata(metadata: unknown): void {
    this.#call.run(this.#told.onReceiveMetadata, this.#told, [metadata]);
  }

  onReceiveMessage(message: unknown): void {
    this.#call.run(this.#told.onReceiveMessage, this.#told, [message]);
  }

  onReceiveStatus(status: RpcStatus): void {
    guard('@grpc/grpc-js status', () => this.#call.ended(status));
    this.#call.run(this.#told.onReceiveStatus, this.#told, [status]);
  }
}

/** What the library is told of an attempt. */
export class AttemptListener implements Listener {
  readonly #attempt: Attempt;
  readonly #told: Listener;
  readonly #sent: LoadBalancingCall;

  constructor(attempt: Attempt, told: Listener, sent: LoadBalancingCall) {
    this.#attempt = attempt;
    this.#told = told;
    this.#sent = sent;
  }

  onReceiveMetadata(metadata: unknown): void {
    guard('@grpc/grpc-js metadata', () => this.#attempt.responded());
    this.#told.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#told.onReceiveMessage(message);
  }

  onReceiveStatus(status: RpcStatus): void {
    guard('@grpc/grpc-js attempt', () => this.#ended(status));
    this.#told.onReceiveStatus(status);
  }

  #ended(status: RpcStatus): void {
    // What worked may still be no message: the call's status says so.
    if (status.code === OK) this.#attempt.worked();
    else if (status.code === CANCELLED && status.details === DISCARDED) this.#attempt.discarded();
    else this.#attempt.ended(status, this.#sent.child !== null);
  }
}

/** retrying-call.js, of attempts that hedged a quicker one. */
const DISCARDED = 'Discarded in favor of other hedged attempt';

/** server-interceptors.js. */
interface ServerListener {
  onReceiveMetadata(metadata: unknown): void;
  onReceiveMessage(message: unknown): void;
  onReceiveHalfClose(): void;
  onCancel(): void;
}

/** What a handler is told, in its context. */
export class ServedListener implements ServerListener {
  readonly #served: Served;
  readonly #told: ServerListener;

  constructor(served: Served, told: ServerListener) {
    this.#served = served;
    this.#told = told;
  }

  onReceiveMetadata(metadata: unknown): void {
    this.#served.run(this.#told.onReceiveMetadata, this.#told, [metadata]);
  }

  onReceiveMessage(message: unknown): void {
    this.#served.run(this.#told.onReceiveMessage, this.#told, [message]);
  }

  onReceiveHalfClose(): void {
    this.#served.run(this.#told.onReceiveHalfClose, this.#told, []);
  }

  onCancel(): void {
    this.#served.run(this.#told.onCancel, this.#told, []);
  }
}
