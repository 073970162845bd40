import { libraryContract } from '@foreshock/testkit';
import { nodeSchedule } from './index.ts';

libraryContract(nodeSchedule, import.meta.url, {
  expect: {
    span: { name: 'job report', attributes: { 'job.system': 'node-schedule', 'code.function.name': 'report' } },
    error: { attributes: { 'error.type': 'TypeError' }, status: { message: 'no such table' } },
  },
});
