import { libraryContract } from '@foreshock/testkit';
import { consoleJson } from './index.ts';

libraryContract(consoleJson, import.meta.url, {
  instrumentation: {
    module: new URL('../../index.ts', import.meta.url).href,
    export: 'logsInstrumentation',
    config: { consoleJson: true },
  },
  marks: 'lines',
  expect: { span: { name: 'placed' } },
  skip: {
    'error status': 'a line has no status',
    callback: 'it has none',
    connections: 'it opens none',
    listeners: 'it emits nothing',
    identity: 'the line is what changes, as the tests of its own say',
  },
});
