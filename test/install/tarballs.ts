import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** What of a `package.json` is looked at here. */
export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  exports: Record<string, string | Record<string, string>>;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  [field: string]: unknown;
}

/** A package as it would be published. */
export interface Tarball {
  manifest: Manifest;
  /** Its folder in the repository. */
  folder: string;
  /** The `.tgz`. */
  file: string;
  /** Paths inside it. */
  files: string[];
}

/** All packages that are published, packed into a temporary folder. */
export function packAll(): { tarballs: Tarball[]; remove(): void } {
  const target = mkdtempSync(join(tmpdir(), 'foreshock-tarballs-'));
  const folders = readdirSync(join(ROOT, 'packages')).map((name) => join(ROOT, 'packages', name));
  const packed = folders
    .filter((folder) => existsSync(join(folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .filter(({ manifest }) => !manifest.private);
  const workspaces = packed.flatMap(({ manifest }) => ['-w', manifest.name]);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', target, ...workspaces];
  const said = JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8' })) as
    | NpmPacked[]
    | Record<string, NpmPacked>;
  const results = new Map(Object.values(said).map((result) => [result.name, result]));
  return {
    tarballs: packed.map(({ folder, manifest }) => {
      const { filename, files } = results.get(manifest.name)!;
      return { manifest, folder, file: join(target, filename), files: files.map(({ path }) => path) };
    }),
    remove: () => rmSync(target, { recursive: true, force: true }),
  };
}

interface NpmPacked {
  name: string;
  filename: string;
  files: { path: string }[];
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
