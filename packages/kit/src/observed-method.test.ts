import { diag, DiagLogLevel } from '@opentelemetry/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Caller } from './caller.ts';
import { HandOver } from './hand-over.ts';
import { Hooks } from './hooks.ts';
import { answering } from './observed-method.ts';

const lines: string[] = [];
const write = (message: string): void => void lines.push(message);
diag.setLogger({ error: write, warn: write, info: write, debug: write, verbose: write }, DiagLogLevel.ALL);

let hooks: Hooks;
let seen: unknown[];
beforeEach(() => {
  hooks = new Hooks('library', '>=1.0.0 <2');
  seen = [];
  lines.length = 0;
});
afterEach(() => hooks.undo());

const note =
  (name: string) =>
  (...args: unknown[]): void =>
    void seen.push([name, ...args]);

class Client {
  readonly name = 'client';
  readonly rejection = new Error('rejected');
  send(text: string, callback?: (error: unknown, reply?: string) => unknown): unknown {
    if (text === 'throw') throw new Error('thrown');
    return callback ? callback(undefined, `${this.name}: ${text}`) : this.enqueue(text);
  }
  enqueue(text: string): Promise<string> {
    return text === 'reject' ? Promise.reject(this.rejection) : Promise.resolve(text);
  }
}

const faulty = (): never => {
  throw new Error('ours');
};

describe('the calls of a method', () => {
  it('are seen with what the method gets and gives, which is its own', async () => {
    class Own extends Client {}
    const client = new Own();
    hooks.calls(Client.prototype, 'send', {
      begin: (self, args) => ({ self, text: args[0] as string }),
      returned: (call, result, self, args) => note('returned')(call.text, result, self === client, args),
      succeeded: (call, value) => note('succeeded')(call.text, value),
      failed: (call, error) => note('failed')(call.text, error),
    });
    const promise = client.send('a') as Promise<string>;
    expect(await promise).toBe('a');
    expect(seen).toEqual([
      ['returned', 'a', promise, true, ['a']],
      ['succeeded', 'a', 'a'],
    ]);
    seen = [];
    expect(() => client.send('throw')).toThrow('thrown');
    await expect(client.send('reject')).rejects.toBe(client.rejection);
    expect(seen).toEqual([
      ['failed', 'throw', new Error('thrown')],
      ['returned', 'reject', expect.any(Promise), true, ['reject']],
      ['failed', 'reject', client.rejection],
    ]);
  });

  it('may get other arguments, and be left alone', () => {
    hooks.calls(Client.prototype, 'enqueue', {
      begin: (_self, args) => (args[0] === 'left alone' ? undefined : void (args[0] = 'changed')),
    });
    const { enqueue } = Client.prototype;
    expect([enqueue.length, enqueue.name]).toEqual([1, 'enqueue']);
    hooks.before(Client.prototype, 'send', (_self, args) => void (args[0] += '!'));
    expect(new Client().send('hello', (_, reply) => reply)).toBe('client: hello!');
    return expect(new Client().enqueue('left alone')).resolves.toBe('left alone');
  });

  it('never notice a fault of ours', async () => {
    hooks.calls(Client.prototype, 'enqueue', {
      begin: () => 1,
      handOver: new HandOver<number>(),
      untaken: faulty,
      returned: faulty,
      succeeded: faulty,
      failed: faulty,
    });
    hooks.before(Client.prototype, 'send', faulty);
    hooks.after(Client.prototype, 'send', faulty);
    expect(await new Client().send('a')).toBe('a');
    await expect(new Client().enqueue('reject')).rejects.toThrow('rejected');
    expect(() => new Client().send('throw')).toThrow('thrown');
    expect(lines.length).toBeGreaterThan(1);
  });

  it('are run by what stands for the call, if that is wanted', () => {
    const ran: unknown[] = [];
    const call = {
      run: <A extends unknown[], R>(fn: (...args: A) => R, self: unknown, args: A): R => {
        ran.push(args);
        return Reflect.apply(fn, self, args);
      },
    };
    hooks.calls(Client.prototype, 'send', { begin: () => call, within: () => call });
    expect(new Client().send('a', (_error: unknown, text?: string) => text)).toBe('client: a');
    expect(ran).toEqual([['a', expect.any(Function)]]);
  });

  it('report an answer before the callback gets it', () => {
    const callback = answering(
      'test',
      new Caller(),
      (_error: unknown, text?: string) => note('called')(text),
      (args) => note('answered')(...args),
    );
    new Client().send('a', callback);
    expect(seen).toEqual([
      ['answered', undefined, 'client: a'],
      ['called', 'client: a'],
    ]);
  });

  it('hand over to what they call before they return, and to nothing later', () => {
    const sending = new HandOver<string>();
    hooks.calls(Client.prototype, 'send', {
      begin: (_self, args) => args[0] as string,
      handOver: sending,
      untaken: (call) => note('untaken')(call),
    });
    hooks.before(Client.prototype, 'enqueue', () => note('taken')(sending.take()));
    const client = new Client();
    void client.send('a');
    client.send('b', () => undefined);
    // One call within another.
    client.send('outer', () => void client.send('inner'));
    void client.enqueue('later');
    expect(seen).toEqual([
      ['taken', 'a'],
      ['untaken', 'b'],
      ['taken', 'inner'],
      ['untaken', 'outer'],
      ['taken', undefined],
    ]);
  });

  it('are refused where offers are taken, and not said to be by a library that awaits in between', async () => {
    const callsOf = (owner: { send(text: string): unknown; enqueue(text: string): unknown }): void => {
      const sending = new HandOver<string>();
      hooks.calls(owner, 'send', {
        begin: (_self, [text]) => text as string,
        handOver: sending,
        refused: (call) => note('refused')(call),
      });
      hooks.before(owner, 'enqueue', () => {
        const text = sending.take();
        if (text) note('taken')(text);
      });
    };
    const client = {
      send(text: string): unknown {
        return text === 'full' ? undefined : this.enqueue(text);
      },
      enqueue: (text: string): string => text,
    };
    const later = {
      async send(text: string): Promise<unknown> {
        await undefined;
        return this.enqueue(text);
      },
      enqueue: (text: string): string => text,
    };
    for (const owner of [client, later]) callsOf(owner);
    client.send('full');
    client.send('a');
    client.send('full');
    await Promise.all([later.send('b'), later.send('c')]);
    expect(seen).toEqual([
      ['taken', 'a'],
      ['refused', 'full'],
    ]);
  });

  it('pass through once everything is undone, wrapped again or not', () => {
    hooks.before(Client.prototype, 'send', note('before'));
    hooks.runBy(Client.prototype, 'send', faulty as never);
    const ours = Client.prototype.send;
    hooks.undo();
    expect(ours.call(new Client(), 'a', () => 'result')).toBe('result');
    expect(seen).toEqual([]);
  });
});
