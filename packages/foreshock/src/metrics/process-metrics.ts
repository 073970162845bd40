import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Meter, ObservableResult } from '@opentelemetry/api';
import { guard } from '@foreshock/kit';
import { PROCESS_FD_LIMIT } from '@foreshock/kit/names';

/** The semantic conventions' `process.*`. */
export function addProcess(meter: Meter): void {
  const cpu = meter.createObservableCounter('process.cpu.time', {
    description: 'Total CPU seconds broken down by different states.',
    unit: 's',
  });
  const memory = meter.createObservableUpDownCounter('process.memory.usage', {
    description: 'The amount of physical memory in use.',
    unit: 'By',
  });
  const uptime = meter.createObservableGauge('process.uptime', {
    description: 'The time the process has been running.',
    unit: 's',
  });
  meter.addBatchObservableCallback(
    (result) => {
      const { user, system } = process.cpuUsage();
      result.observe(cpu, user / 1e6, { 'cpu.mode': 'user' });
      result.observe(cpu, system / 1e6, { 'cpu.mode': 'system' });
      result.observe(memory, process.memoryUsage.rss());
      result.observe(uptime, process.uptime());
    },
    [cpu, memory, uptime],
  );
  addFileDescriptors(meter);
}

/** Linux only. */
function addFileDescriptors(meter: Meter): void {
  const limit = guard('reading the limit of file descriptors', fileDescriptorLimit);
  if (limit === undefined) return;
  const options = { unit: '{file_descriptor}' };
  meter
    .createObservableUpDownCounter('process.open_file_descriptor.count', {
      ...options,
      description: 'Number of file descriptors in use by the process.',
    })
    .addCallback((result) => result.observe(openFileDescriptors()));
  meter
    .createObservableUpDownCounter(PROCESS_FD_LIMIT, {
      ...options,
      description: 'The number of file descriptors that the process may have open.',
    })
    .addCallback((result: ObservableResult) => result.observe(limit));
}

const DESCRIPTORS = '/proc/self/fd';

/** The directory's size is their number from Linux 6.2 on, before 0. */
function openFileDescriptors(): number {
  // Without that of the listing itself.
  return statSync(DESCRIPTORS).size || readdirSync(DESCRIPTORS).length - 1;
}

function fileDescriptorLimit(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return soft === undefined ? undefined : Number(soft);
}
