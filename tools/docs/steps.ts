/**
 * Writes the table of the steps, from lambdas/shared/rotation/step-table.ts, into the marked region of docs/architecture.md:
 *
 *     npx tsx tools/docs/steps.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STEP_NAMES, type StepName } from '../../lambdas/shared/contract/steps';
import { STEPS } from '../../lambdas/shared/rotation/step-table';
import { withRegion } from './region';
import { table } from './table';

const ARCHITECTURE_FILE = join(__dirname, '..', '..', 'docs', 'architecture.md');

/** What a step makes sure of before it changes anything. */
const PROVES: Readonly<Record<StepName, string>> = {
  'plan-rotation': 'reads only',
  'stop-execution': 'the holder of the lock is the one that the plan found; changes no key and no label',
  'create-access-key':
    'takes the lock, then decides again on a fresh read; before it creates a key: the user belongs to this secret',
  'test-access-key': "lock; the key's label is on a version that holds the key",
  'publish-access-key':
    'lock; the label is still on the key after the mark is set; the key is Active; the document of AWSCURRENT takes the key, reads back as consumers read it, and has not changed meanwhile',
  'confirm-adoption': 'reads only',
  'deactivate-access-key':
    'lock; AWSCURRENT contains the new key; the new key is Active; replicas are in sync; no pause; no alarm is on or has gone off lately; the window is open',
  'trace-leaked-key': 'reads only',
  'confirm-health': 'reads only',
  'reactivate-access-key': 'lock',
  'delete-access-key':
    'lock; as deactivate-access-key, without the window; the old key was Inactive for the whole recovery period, and no alarm has gone off in it',
};

/** The text with the table in its marked region. */
export const withSteps = (architecture: string): string =>
  withRegion(
    architecture,
    'steps',
    table([
      ['step', 'state that runs it', 'status', 'proves before it acts'],
      ...STEP_NAMES.map((step) => [
        step,
        `_${STEPS[step].stateName}_`,
        Object.keys(STEPS[step].outputs)
          .map((status) => `\`${status}\``)
          .join(', '),
        PROVES[step],
      ]),
    ]),
  );

if (require.main === module) {
  writeFileSync(ARCHITECTURE_FILE, withSteps(readFileSync(ARCHITECTURE_FILE, 'utf8')));
}
