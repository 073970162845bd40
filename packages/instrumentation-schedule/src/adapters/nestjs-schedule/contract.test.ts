import { libraryContract } from '@foreshock/testkit';
import { nestjsSchedule } from './index.ts';

libraryContract(nestjsSchedule, import.meta.url, {
  expect: {
    span: {
      name: 'job Reports.report',
      attributes: { 'job.system': '@nestjs/schedule', 'code.function.name': 'Reports.report' },
    },
    error: { attributes: { 'error.type': 'TypeError' }, status: { message: 'no such table' } },
  },
});
