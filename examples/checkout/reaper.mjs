// Learns on stdin, one a line, the pids of the demo's processes. When stdin closes the runner is gone, in
// whatever manner, kill -9 included; what it has left behind is ended here, from outside: a service that hangs
// would not notice by itself, and one that does needs no line of code for it.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalGroup } from './processes.mjs';

const GRACE_MS = 4_000;

let left = [];
for await (const line of createInterface({ input: process.stdin })) left.push(Number(line));

for (const pid of left) signalGroup(pid, 'SIGTERM');
const limit = Date.now() + GRACE_MS;
while (left.length > 0 && Date.now() < limit) {
  await sleep(50);
  left = left.filter((pid) => signalGroup(pid, 0));
}
for (const pid of left) signalGroup(pid, 'SIGKILL');
