import { report } from './guard.ts';
import type { Active, AnyFunction } from './observed-method.ts';
import { replaceOn } from './replaced-function.ts';

interface Step {
  readonly before: (self: any, args: any) => void;
  readonly place: string;
  readonly hooks: Active;
}

// Packages may have copies of this module.
const STEPS = Symbol.for('foreshock.steps');

/** `preceded` for one object's method, undone with that object: adapters of several rooms share one frame. */
export function beforeEach<Name extends PropertyKey>(
  owner: Record<Name, AnyFunction>,
  name: Name,
  before: Step['before'],
  place: string,
  hooks: Active,
): void {
  const step = { before, place, hooks };
  const known = (owner[name] as { [STEPS]?: Step[] })[STEPS];
  if (known) return void known.push(step);
  const steps: Step[] = [step];
  replaceOn(owner, name, (original) => {
    const preceded = function (this: unknown, ...args: unknown[]): unknown {
      for (const each of steps) take(each, this, args);
      return original.apply(this, args);
    };
    return Object.defineProperty(preceded, STEPS, { value: steps });
  });
}

function take({ before, place, hooks }: Step, self: unknown, args: unknown[]): void {
  try {
    if (hooks.active) before(self, args);
  } catch (error) {
    report(place, error);
  }
}
