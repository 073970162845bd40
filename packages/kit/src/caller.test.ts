import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bind, Caller, detached } from './caller.ts';
import { methodIn } from './context-bridge.ts';
import { detachedTimeout } from './detached-timer.ts';

const KEY = createContextKey('request');
const request = (name: string) => ROOT_CONTEXT.setValue(KEY, name);
const active = (): unknown => context.active().getValue(KEY);

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());

describe('a caller', () => {
  it('is where it was made, for what is run or bound', () => {
    const caller = context.with(request('one'), () => new Caller());
    const self = {};
    function library(this: unknown, ...args: unknown[]): unknown[] {
      return [active(), this === self, ...args];
    }
    expect(context.with(request('two'), () => caller.run(library, self, [1, 2]))).toEqual(['one', true, 1, 2]);
    expect(context.with(request('two'), () => caller.bind(library).call(self, 3))).toEqual(['one', true, 3]);
    expect(context.with(request('two'), () => bind(library)).call(self)).toEqual(['two', true]);
  });

  it('adds one frame to a stack trace, and passes an error on', () => {
    const caller = new Caller(request('one'));
    const error = new Error('of the library');
    expect(() =>
      caller.run(
        () => {
          throw error;
        },
        undefined,
        [],
      ),
    ).toThrow(error);
    const frames = (stack: string): number => stack.split('\n').length;
    const stackOf = (): string => new Error('here').stack!;
    expect(frames(caller.run(stackOf, undefined, [])) - frames(stackOf())).toBeLessThanOrEqual(2);
  });
});

describe('a method in the context of its call', () => {
  const original = function (this: unknown, ...args: unknown[]): unknown[] {
    return [active(), this, ...args];
  };

  it('gets what it is called with, and leaves the context when it returns or throws', () => {
    const seen: unknown[] = [];
    const method = methodIn(original, (self: unknown, args) => (seen.push(self, args[0]), request('one')));
    const self = { method };
    expect(self.method('a', 'b')).toEqual(['one', self, 'a', 'b']);
    expect(seen).toEqual([self, 'a']);
    const failing = methodIn(
      () => {
        throw new Error('of the library');
      },
      () => request('one'),
    );
    expect(() => failing()).toThrow('of the library');
    expect(active()).toBeUndefined();
  });

  it('stays in the active context without another, or when finding it fails', () => {
    const inTwo = (method: () => unknown): unknown => context.with(request('two'), () => method.call('self'));
    expect(inTwo(methodIn(original, () => undefined))).toEqual(['two', 'self']);
    const failing = methodIn(original, () => {
      throw new Error('of ours');
    });
    expect(inTwo(failing)).toEqual(['two', 'self']);
  });

  it('leaves it to Node where Node restores the context of its caller', () => {
    const method = methodIn(
      original,
      () => request('one'),
      (_self, args) => args[0] === 'left',
    );
    context.with(request('two'), () => {
      method('not left');
      expect(active()).toBe('two');
      method('left');
      expect(active()).toBe('one');
    });
  });

  it('adds one frame to a stack trace', () => {
    const ours = (): number =>
      new Error('here').stack!.split('\n').filter((frame) => frame.includes('context-bridge')).length;
    expect(methodIn(ours, () => request('one'))()).toBe(1);
  });
});

describe('what outlives a request', () => {
  it('is in no trace, and in the storages of the application', () => {
    const theirs = new AsyncLocalStorage<string>();
    const seen = context.with(request('one'), () =>
      theirs.run('mine', () => detached(() => [active(), theirs.getStore()], undefined, [])),
    );
    expect(seen).toEqual([undefined, 'mine']);
  });

  it('is a timer that keeps no process alive, and makes no AsyncResource of ours', async () => {
    const types = new Set<string>();
    const hook = createHook({ init: (_, type) => void types.add(type) }).enable();
    const fired = Promise.withResolvers<unknown>();
    const timer = context.with(request('one'), () => detachedTimeout('test', () => fired.resolve(active()), 1));
    hook.disable();
    expect(timer.hasRef()).toBe(false);
    expect([...types].filter((type) => type !== 'PROMISE')).toEqual(['Timeout']);
    timer.ref();
    expect(await fired.promise).toBe(undefined);
  });

  it('reports what a timer throws', () => {
    vi.useFakeTimers();
    detachedTimeout(
      'test',
      () => {
        throw new Error('ours');
      },
      1,
    );
    expect(() => vi.runAllTimers()).not.toThrow();
    vi.useRealTimers();
  });
});
