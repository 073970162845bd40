import { describe, expect, it } from 'vitest';
import { Hooks } from './hooks.ts';
import { preceded, type AnyFunction } from './observed-method.ts';
import { replacementOf, replaceOn, type Attachment } from './replaced-function.ts';

it('a method replaced on one object keeps its name, its length and its own properties', () => {
  function push(a: number, b: number): number {
    return a + b;
  }
  const owner = { push: Object.assign(push, { own: 1 }) };
  replaceOn(
    owner,
    'push',
    (original) =>
      (...args) =>
        original(...args),
  );
  const { name, length, own } = owner.push;
  expect({ name, length, own }).toEqual({ name: 'push', length: 2, own: 1 });
  expect(owner.push(1, 2)).toBe(3);
});

describe('two instrumentations of one function', () => {
  const reports: string[] = [];

  function attached(name: string, owner: { run(): void }, adapter?: object): Hooks {
    const hooks = new Hooks('toy', '*');
    const make = (fn: AnyFunction, attachment: Attachment<string>): AnyFunction =>
      preceded(fn, () => void reports.push(attachment.events), 'toy', attachment);
    hooks.wrap(owner, 'run', (original) => replacementOf(original, name, hooks, make, adapter));
    return hooks;
  }

  it.each([
    { undone: [0, 1], seen: ['second', 'second'] },
    { undone: [1, 0], seen: ['second', 'first'] },
  ])('one goes on while the other is undone: $undone', ({ undone, seen }) => {
    reports.length = 0;
    const owner = { run() {} };
    const { run } = owner;
    const both = [attached('first', owner), attached('second', owner)];
    for (const each of undone) {
      owner.run();
      both[each]!.undo();
    }
    owner.run();
    expect(reports).toEqual(seen);
    expect(owner.run).toBe(run);
  });

  it('one that is attached again is the latest', () => {
    reports.length = 0;
    const owner = { run() {} };
    const { run } = owner;
    const first = attached('first', owner);
    const second = attached('second', owner);
    first.undo();
    const again = attached('again', owner);
    owner.run();
    again.undo();
    owner.run();
    second.undo();
    expect(reports).toEqual(['again', 'second']);
    expect(owner.run).toBe(run);
  });

  it('go on where two adapters of each have replaced it, for who has it since the first', () => {
    reports.length = 0;
    const owner = { run() {} };
    const { run } = owner;
    const [pool, db] = [{}, {}];
    const both = (name: string): Hooks[] => [attached(`${name} pool`, owner, pool), attached(`${name} db`, owner, db)];
    const undo = (all: Hooks[]): void => all.toReversed().forEach((each) => each.undo());
    const first = both('first');
    const imported = owner.run;
    imported();
    const second = both('second');
    imported();
    undo(first);
    imported();
    const again = both('again');
    undo(second);
    imported();
    undo(again);
    imported();
    expect(reports).toEqual(['first', 'second', 'second', 'again'].flatMap((name) => [`${name} db`, `${name} pool`]));
    expect(owner.run).toBe(run);
  });
});
