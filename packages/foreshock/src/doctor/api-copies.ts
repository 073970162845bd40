import { look, ok, wrong, type Finding } from './finding.ts';
import type { Package } from './installed.ts';

/**
 * A copy sees another's registrations unless its own minor version is higher (`@opentelemetry/api`,
 * src/internal/semver.ts).
 *
 * @param registered the preload's copy's version
 */
export function apiFindings(copies: readonly Package[], registered: string): Finding[] {
  const blind = copies.filter(({ version }) => !sees(version, registered));
  if (blind.length > 0)
    return blind.map(({ version, folder }) =>
      wrong(
        'api',
        `@opentelemetry/api ${version} in ${folder} sees nothing of ${registered}, which is used: spans made through it are lost`,
        `npm install @opentelemetry/api@${version}, so that there is one copy`,
      ),
    );
  const versions = [...new Set(copies.map(({ version }) => version))];
  if (versions.length > 1)
    return [
      look(
        'api',
        `${copies.length} copies of @opentelemetry/api (${versions.join(', ')}); they do see each other`,
        'npm dedupe leaves one',
      ),
    ];
  return [ok('api', `@opentelemetry/api ${registered}`)];
}

function sees(version: string, registered: string): boolean {
  const [major, minor] = numbers(version);
  const [otherMajor, otherMinor] = numbers(registered);
  return major === otherMajor && minor <= otherMinor;
}

function numbers(version: string): [major: number, minor: number] {
  const [major, minor] = version.split('.').map(Number);
  return [major ?? 0, minor ?? 0];
}
