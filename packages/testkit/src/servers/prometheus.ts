import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, onPath, runBinary } from './server.ts';

const VARIABLE = 'FORESHOCK_TEST_PROMETHEUS';
const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/prometheus', import.meta.url));

export interface Prometheus {
  url: string;
  /** The answer's `data` of `/api/v1/<path>`. */
  query(path: string, parameters: Record<string, string>): Promise<any>;
  stop(): Promise<void>;
}

export interface PrometheusOptions {
  /** The text of a file of rules. */
  rules?: string;
  /** Scrapes and evaluations; default 1,000. */
  everyMs?: number;
}

/** Real, scraping one target. */
export async function startPrometheus(
  target: string,
  { rules, everyMs = 1_000 }: PrometheusOptions = {},
): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'foreshock-prometheus-'));
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  const scrape = `  - job_name: service\n    static_configs:\n      - targets: ['${target}']\n`;
  const every = ['scrape_interval', 'scrape_timeout', 'evaluation_interval'].map((key) => `  ${key}: ${everyMs}ms\n`);
  let files = '';
  if (rules !== undefined) {
    writeFileSync(join(folder, 'rules.yml'), rules);
    files = 'rule_files: [rules.yml]\n';
  }
  writeFileSync(config, `global:\n${every.join('')}${files}scrape_configs:\n${scrape}`);
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--enable-feature=exemplar-storage',
  ];
  const url = `http://127.0.0.1:${port}`;
  const ready = async (): Promise<void> => {
    const { ok, status } = await fetch(`${url}/-/ready`);
    if (!ok) throw new Error(`Prometheus answers ${status}`);
  };
  const { stop } = await runBinary(program('prometheus'), args, { port, folder, user: undefined }, ready);
  return {
    url,
    async query(path, parameters) {
      const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
      const { data, error } = (await response.json()) as { data: unknown; error?: string };
      if (error) throw new Error(error);
      return data;
    },
    stop,
  };
}

/** `promtool check metrics`, of a scrape. */
export function checkMetrics(text: string): string[] {
  return runPromtool(['check', 'metrics'], text)
    .output.split('\n')
    .filter((line) => line !== '');
}

export function runPromtool(args: readonly string[], input?: string): { status: number | null; output: string } {
  const { stdout, stderr, status } = spawnSync(program('promtool'), args, { input, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

/** From `FORESHOCK_TEST_PROMETHEUS`, the path, or Debian's package, unpacked, not installed. */
function program(name: 'prometheus' | 'promtool'): string {
  const folder = process.env[VARIABLE];
  if (folder) return join(folder, name);
  return onPath(name) ?? join(unpacked(), name);
}

function unpacked(): string {
  const folder = join(CACHE, 'usr/bin');
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(CACHE), { recursive: true });
  const download = mkdtempSync(join(dirname(CACHE), 'prometheus-'));
  try {
    execFileSync('apt-get', ['-qq', 'download', 'prometheus'], { cwd: download, stdio: 'ignore' });
    const [file] = readdirSync(download);
    execFileSync('dpkg-deb', ['-x', join(download, file!), join(download, 'unpacked')], { stdio: 'ignore' });
    // Another process was first.
    if (!existsSync(CACHE)) renameSync(join(download, 'unpacked'), CACHE);
    return folder;
  } catch (error) {
    throw new Error(
      `the tests need a real Prometheus, and none was found. Install it (Debian: apt-get install prometheus), or set ${VARIABLE} to the folder of prometheus and promtool.`,
      { cause: error },
    );
  } finally {
    rmSync(download, { recursive: true, force: true });
  }
}
