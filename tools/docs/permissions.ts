/**
 * Writes the table of permissions per step, from lib/permissions/step-permissions.ts, into the marked region of
 * docs/architecture.md:
 *
 *     npx tsx tools/docs/permissions.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STEP_NAMES } from '../../lambdas/shared/contract/steps';
import { type Reads, STEP_PERMISSIONS } from '../../lib/permissions/step-permissions';
import { withRegion } from './region';
import { table } from './table';

const ARCHITECTURE_FILE = join(__dirname, '..', '..', 'docs', 'architecture.md');

const cell = (actions: readonly string[]): string =>
  actions.length === 0 ? '–' : actions.map((action) => `\`${action}\``).join(', ');

/** Without the service, which is in the column's head. */
const names = (actions: readonly string[]): readonly string[] =>
  actions.map((action) => action.replace(/^.*:/, ''));

const READS: Readonly<Record<Reads, string>> = {
  none: '–',
  current: 'AWSCURRENT',
  intents: 'intents',
  any: 'any version',
};

/** The text with the table in its marked region. */
export const withPermissions = (architecture: string): string => {
  const rows = STEP_NAMES.map((step) => {
    const { users, ownershipTag = [], secrets, reads, ...others } = STEP_PERMISSIONS[step];
    return [
      step,
      cell(names([...users, ...ownershipTag])),
      READS[reads],
      cell(names(secrets)),
      cell([...new Set(Object.values(others).flat())]),
    ];
  });
  const head = [
    'step',
    '`iam:` on the users',
    '`GetSecretValue` of their secrets',
    '`secretsmanager:` on their secrets, besides',
    'else',
  ];
  return withRegion(architecture, 'permissions', table([head, ...rows]));
};

if (require.main === module) {
  writeFileSync(ARCHITECTURE_FILE, withPermissions(readFileSync(ARCHITECTURE_FILE, 'utf8')));
}
