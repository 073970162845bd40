import type { MessagePort } from 'node:worker_threads';

export type Methods = Record<string, (...args: never[]) => unknown>;

export interface Call {
  id: number;
  method: string;
  args: unknown[];
}

export interface Reply {
  id: number;
  result?: unknown;
  error?: string;
}

/** Further ones queue in the port. */
export function serve(port: MessagePort, methods: Methods): void {
  port.on('message', async ({ id, method, args }: Call) => {
    let reply: Reply;
    try {
      reply = { id, result: await methods[method]!(...(args as never[])) };
    } catch (error) {
      reply = { id, error: (error as Error)?.message ?? String(error) };
    }
    port.postMessage(reply);
  });
}
