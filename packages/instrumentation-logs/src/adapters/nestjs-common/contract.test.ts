import { libraryContract } from '@foreshock/testkit';
import { nestjsCommon } from './index.ts';

libraryContract(nestjsCommon, import.meta.url, {
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
