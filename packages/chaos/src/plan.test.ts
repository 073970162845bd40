import { expect, it } from 'vitest';
import { PlanError, readPlan } from './plan.ts';

const fault = { fault: 'delay', on: 'database', ms: 100, for: 1_000 };

it('gives what is not said its default', () => {
  expect(readPlan(JSON.stringify({ faults: [fault] }))).toEqual({
    seed: 1,
    record: undefined,
    faults: [
      {
        fault: 'delay',
        on: 'database',
        target: undefined,
        match: undefined,
        code: undefined,
        share: 1,
        ms: 100,
        jitterMs: 0,
        everyMs: 1_000,
        bytesPerSecond: 0,
        megabytes: 0,
        status: 503,
        for: 1_000,
        from: 0,
        isFromDate: false,
      },
    ],
  });
});

it.each([
  ['[]', 'is not an object'],
  ['{"fault":[]}', 'unknown field "fault"'],
  ['{"faults":{}}', 'no list "faults"'],
  ['{"seed":"x","faults":[]}', 'seed'],
  [{ ...fault, fault: 'constructor' }, 'faults[0].fault is none of delay,'],
  [{ ...fault, on: 'pool' }, 'faults[0].on is none of tcp,'],
  [{ ...fault, ms: undefined }, 'faults[0].ms is needed for delay'],
  [{ ...fault, for: undefined }, 'faults[0].for is needed'],
  [{ ...fault, for: 1e12 }, 'faults[0].for is no number from 1 to 86400000'],
  [{ ...fault, share: 2 }, 'faults[0].share is no number from 0 to 1'],
  [{ ...fault, ms: '5s' }, 'faults[0].ms is no number'],
  [{ ...fault, from: 'tomorrow' }, 'faults[0].from is neither'],
  [{ ...fault, target: '' }, 'faults[0].target is no text'],
  [{ ...fault, code: "'; DROP" }, 'faults[0].code is neither'],
  [{ ...fault, sahre: 1 }, 'faults[0] has an unknown field "sahre"'],
])('%j: %s', (given, message) => {
  const text = typeof given === 'string' ? given : JSON.stringify({ faults: [given] });
  expect(() => readPlan(text)).toThrow(PlanError);
  expect(() => readPlan(text)).toThrow(message);
});
