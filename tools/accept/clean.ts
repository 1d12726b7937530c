import { confirm } from '../../command/shell';
import type { Thing } from '../../test/contract/kinds';
import { namesOf } from './plan';
import { findRuns, leftOfStatements, type Removal, removeRun, removeStatements } from './removal';
import { stackOf } from './stack';
import type { Run } from './under-way';

/** What is to be removed. */
interface Leftovers {
  /** IDs of runs. */
  readonly runs: readonly string[];
  readonly ofStatements: readonly Thing[];
  /** Other Regions in which runs are. */
  readonly elsewhere: readonly string[];
}

/** What earlier runs have left; or one run, if it is named. */
const leftoversOf = async ({ place, options }: Run): Promise<Leftovers> => {
  const { here, elsewhere } = await findRuns(place);
  const { clean: wanted } = options;
  return typeof wanted === 'string'
    ? { runs: here.filter((id) => id === wanted), ofStatements: [], elsewhere: [] }
    : { runs: here, ofStatements: await leftOfStatements(place), elsewhere };
};

const removeLeftovers = async (
  { place, scratch, cleanup, parts }: Run,
  { runs, ofStatements }: Leftovers,
): Promise<{ readonly removals: readonly Removal[]; readonly isDone: boolean }> => {
  const removals: Removal[] = [];
  await parts.attempt(
    'removal',
    async ({ progress }) => {
      for (const id of runs) {
        const names = namesOf(id);
        const stack = await stackOf(place, names, { scratch, cleanup });
        await progress.step('cdk synth', () => stack.synthesize(), 300);
        removals.push(await removeRun(place, names, () => stack.destroy(), progress));
      }
      if (ofStatements.length > 0) removals.push(await removeStatements(place, progress));
    },
    true,
  );
  const isDone = parts.done.every(({ result }) => result === 'held');
  return { removals, isDone: isDone && removals.every(({ left }) => left.length === 0) };
};

/**
 * Removes what earlier runs have left.
 *
 * @returns the exit status.
 */
export const clean = async (run: Run): Promise<number> => {
  const { host, options, place } = run;
  const { surroundings } = host;
  const { out, err } = surroundings;
  err('Looking for what earlier runs have left ...\n');
  const leftovers = await leftoversOf(run);
  const { runs, ofStatements, elsewhere } = leftovers;
  for (const region of elsewhere) {
    err(`There is a run in ${region}, too: --region ${region} --clean removes it.\n`);
  }
  const untilAllIsDone = elsewhere.length === 0 ? 0 : 1;
  if (runs.length === 0 && ofStatements.length === 0) {
    if (options.json) out(`${JSON.stringify({ removed: [], left: [] })}\n`);
    else out(`Nothing is left here, in the account ${place.account}, ${place.region}.\n`);
    return untilAllIsDone;
  }
  await confirm(surroundings, {
    yes: options.yes,
    what: [
      `Account ${place.account}, ${place.region}. This is removed, with everything whose name begins so, also of a run that is under way:`,
      ...runs.map((id) => `- ${namesOf(id).prefix}*`),
      ...ofStatements.map(({ what, name }) => `- ${what} ${name}`),
    ],
  });
  const { removals, isDone } = await removeLeftovers(run, leftovers);
  const removed = removals.flatMap((one) => one.removed);
  const left = removals.flatMap((one) => one.left);
  if (options.json) out(`${JSON.stringify({ removed, left }, undefined, 2)}\n`);
  else {
    out(`${isDone ? 'Removed' : 'NOT ALL WAS REMOVED. Removed'}: ${removed.length}.\n`);
    for (const { what, name, removal } of left) out(`  still there: ${what} ${name}: ${removal}\n`);
  }
  return isDone ? untilAllIsDone : 1;
};
