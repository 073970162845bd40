// A reporter of vitest: what failed, and what was printed meanwhile, as JSON in the file that FAILURES_FILE names.
import { writeFileSync } from 'node:fs';

const OUTPUT_KEPT = 20_000;

export default class FailuresReporter {
  #output = new Map();

  onUserConsoleLog({ taskId = '', content }) {
    this.#output.set(taskId, ((this.#output.get(taskId) ?? '') + content).slice(-OUTPUT_KEPT));
  }

  onTestRunEnd(modules, unhandled) {
    const failures = [];
    let passed = 0;
    for (const module of modules) {
      const file = module.relativeModuleId;
      const failed = (name, id, errors) =>
        failures.push({ file, name, message: messageOf(errors), output: this.#output.get(id) ?? '' });
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'passed') passed++;
        if (state === 'failed') failed(test.fullName, test.id, errors);
      }
      for (const { errors, name } of [module, ...module.children.allSuites()].map(ofSuite)) {
        if (errors.length > 0) failed(name, module.id, errors);
      }
    }
    for (const error of unhandled) {
      failures.push({ file: '', name: 'an error outside of any test', message: messageOf([error]), output: '' });
    }
    writeFileSync(process.env.FAILURES_FILE, JSON.stringify({ passed, failures }));
  }
}

function ofSuite(suite) {
  return { name: suite.fullName ?? 'the file', errors: suite.errors() };
}

function messageOf(errors = []) {
  return errors
    .map(({ name, message, stack, diff }) => [`${name}: ${message}`, diff ?? place(stack)].join('\n'))
    .join('\n');
}

/** The first lines of a stack that are in this repository. */
function place(stack = '') {
  const lines = stack.split('\n').filter((line) => /^\s+at /.test(line) && !line.includes('node_modules'));
  return lines.slice(0, 3).join('\n');
}
