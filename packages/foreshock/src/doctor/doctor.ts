import { basename } from 'node:path';
import { context } from '@opentelemetry/api';
import { printable } from '@foreshock/explain';
import type { Io } from '@foreshock/explain/command';
import { suppressed } from '@foreshock/kit';
import { backendFindings } from './backend.ts';
import { deliveryFindings } from './delivery.ts';
import { ok, wrong, type Finding } from './finding.ts';
import { nodeFindings } from './node-start.ts';
import { projectFindings } from './project.ts';
import { isWrong, reportText } from './report.ts';
import { runCommand, type Watched } from './run-command.ts';
import { readSettings } from './settings.ts';
import { spoolFindings } from './spool.ts';
import { Steps } from './steps.ts';
import { watchedFindings } from './watched.ts';
import type { ThreadRecord } from './watch/record.ts';

const USAGE = `foreshock doctor [--json] [-- COMMAND…]

Says why spans do not arrive, and what to do: looks at the environment, the project in this folder, the backend.
With a command (foreshock doctor -- node app.js) it runs it with Foreshock, and says at its end what was traced and what
became of the spans. Its output goes to standard error then.
Ends with 1 if something is wrong; with the command's own status if that is not 0.
`;
const MOST_PROCESSES = 5;

export function doctor(args: string[], io: Io): Promise<number> {
  // NODE_OPTIONS may preload here, too.
  return context.with(suppressed(context.active()), () => examine(args, io));
}

async function examine(args: string[], io: Io): Promise<number> {
  const at = args.indexOf('--');
  const [options, command] = at < 0 ? [args, []] : [args.slice(0, at), args.slice(at + 1)];
  const isJson = options.includes('--json');
  const unknown = options.find((each) => each !== '--json');
  if (unknown !== undefined || (at >= 0 && command.length === 0)) {
    const isHelp = unknown === '--help' || unknown === '-h';
    if (!isHelp)
      io.stderr(
        `foreshock doctor: ${unknown === undefined ? 'no command after --' : `there is no option ${printable(unknown)}`}\n`,
      );
    (isHelp ? io.stdout : io.stderr)(USAGE);
    return isHelp ? 0 : 2;
  }
  if (command.length === 0) {
    const findings = await ofEnvironment(new Steps(io));
    io.stdout(isJson ? json(findings) : reportText(findings, io));
    return isWrong(findings) ? 1 : 0;
  }
  io.stderr(`foreshock doctor: ${command.join(' ')} runs; the report comes at its end\n`);
  const watched = await runCommand(command);
  const findings = await ofRun(watched, new Steps(io));
  if (isJson) io.stdout(json(findings, { exitCode: watched.exitCode, signal: watched.signal }));
  else io.stderr(`\n${reportText(findings, io)}`);
  return watched.exitCode || (isWrong(findings) ? 1 : 0);
}

async function ofEnvironment(steps: Steps): Promise<Finding[]> {
  const { env } = process;
  const { config, findings } = readSettings(env);
  return [
    ...nodeFindings({
      node: process.versions.node,
      cwd: process.cwd(),
      execArgv: [],
      nodeOptions: env['NODE_OPTIONS'] ?? '',
    }),
    ...(await steps.take('looks at the project', () => projectFindings(process.cwd(), env))),
    ...findings,
    ...(config ? await steps.take('asks the backend', () => backendFindings(config.destinations, env)) : []),
    ...(await steps.take('looks for what killed processes left', () => spoolFindings(env))),
  ];
}

async function ofRun({ threads, error, exitCode, signal }: Watched, steps: Steps): Promise<Finding[]> {
  if (error !== undefined) return [wrong('command', error, 'look at its name and path')];
  const processes = [...Map.groupBy(threads, ({ pid }) => pid).values()]
    .sort((one, other) => made(other) - made(one))
    .slice(0, MOST_PROCESSES);
  const ended = ok('command', signal ? `ended by ${signal}` : `ended with ${exitCode}`);
  if (processes.length === 0)
    return [
      wrong(
        'command',
        'no Node.js process has been seen',
        'does the command start Node.js, and hand NODE_OPTIONS on to it (env -i, sudo and Electron do not)?',
      ),
      ended,
    ];
  const all = await Promise.all(processes.map((each) => ofProcess(each, steps)));
  return [...joined(all, processes.map(nameOf)), ended];
}

/** A finding of only some processes names them. */
function joined(all: readonly Finding[][], names: readonly string[]): Finding[] {
  const found = new Map<string, { finding: Finding; of: Set<number> }>();
  for (const [process, findings] of all.entries())
    for (const finding of findings) {
      const key = `${finding.about} ${finding.text}`;
      const entry = found.get(key) ?? { finding, of: new Set() };
      entry.of.add(process);
      found.set(key, entry);
    }
  return Array.from(found.values(), ({ finding, of }) => {
    if (of.size < all.length)
      finding.text = `${Array.from(of, (process) => names[process]).join(', ')}: ${finding.text}`;
    return finding;
  });
}

function nameOf(threads: ThreadRecord[]): string {
  const { main, pid } = threads[0]!;
  return `${basename(main ?? 'node')} (${pid})`;
}

async function ofProcess(threads: ThreadRecord[], steps: Steps): Promise<Finding[]> {
  const main = threads.find(({ thread }) => thread === 0) ?? threads[0]!;
  // The probe reads as the sender does.
  Object.assign(process.env, main.env);
  const { config, findings } = readSettings(main.env);
  return [
    ...nodeFindings(main),
    ...watchedFindings(threads),
    ...findings,
    ...deliveryFindings(threads, config),
    ...(config ? await steps.take('asks the backend', () => backendFindings(config.destinations, main.env)) : []),
    ...(await steps.take('looks for what killed processes left', () => spoolFindings(main.env))),
  ];
}

function made(threads: readonly ThreadRecord[]): number {
  return threads.flatMap(({ scopes }) => Object.values(scopes)).reduce((sum, each) => sum + each, 0);
}

function json(findings: readonly Finding[], run?: { exitCode: number; signal: string | null }): string {
  return `${JSON.stringify({ schema: 'foreshock.doctor/1', isWrong: isWrong(findings), findings, ...(run && { command: run }) })}\n`;
}
