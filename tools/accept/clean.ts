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
  /** Commands for what is in other Regions. */
  readonly elsewhere: readonly string[];
  /** What could not be listed. */
  readonly unknown: readonly Thing[];
}

/** What earlier runs have left; or one run, if it is named. */
const leftoversOf = async ({ place, options }: Pick<Run, 'place' | 'options'>): Promise<Leftovers> => {
  const { account } = place;
  const wanted = typeof options.clean === 'string' ? options.clean : undefined;
  const runs = await findRuns(place);
  const regions = new Set(
    [...runs.elsewhere].filter(([id]) => id === (wanted ?? id)).map(([, region]) => region),
  );
  const ofStatements = await leftOfStatements(place, wanted, (region) => regions.add(region));
  const one = wanted === undefined ? '' : ` ${wanted}`;
  return {
    runs: runs.here.filter((id) => id === (wanted ?? id)),
    ofStatements: ofStatements.things,
    elsewhere: [...regions].map(
      (region) => `npm run accept -- --account ${account} --region ${region} --clean${one}`,
    ),
    unknown: [...runs.unknown, ...ofStatements.unknown],
  };
};

const removeLeftovers = async (
  { place, scratch, removing, parts }: Run,
  { runs, ofStatements }: Leftovers,
): Promise<{ readonly removals: readonly Removal[]; readonly isDone: boolean }> => {
  const removals: Removal[] = [];
  await parts.attempt(
    'removal',
    async ({ progress }) => {
      for (const id of runs) {
        const names = namesOf(id);
        const stack = await stackOf(place, names, { scratch, cleanup: removing, removing });
        await progress.step('cdk synth', () => stack.synthesize(), 300);
        removals.push(await removeRun(place, names, () => stack.destroy(), progress));
      }
      if (ofStatements.length > 0) removals.push(await removeStatements(place, ofStatements, progress));
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
  const { runs, ofStatements, elsewhere, unknown } = leftovers;
  for (const command of elsewhere) err(`Something is in another Region, too: ${command}\n`);
  for (const { what, removal } of unknown) err(`Not known: ${what}. ${removal}\n`);
  const isAllSeen = elsewhere.length === 0 && unknown.length === 0;
  const sought = typeof options.clean === 'string' ? ` of the run ${options.clean}` : '';
  const where = `in the account ${place.account}, ${place.region}`;
  if (runs.length === 0 && ofStatements.length === 0) {
    const said = isAllSeen
      ? `Nothing${sought} is left here`
      : `NOT ALL IS REMOVED. Nothing${sought} was found here`;
    if (options.json) out(`${JSON.stringify({ removed: [], left: unknown, elsewhere })}\n`);
    else out(`${said}, ${where}.\n`);
    return isAllSeen ? 0 : 1;
  }
  await confirm(surroundings, {
    yes: options.yes,
    what: [
      `Account ${place.account}, ${place.region}. This is removed, also of a run that is under way:`,
      ...runs.map(
        (id) => `- the run ${id}: its stack, its users, and all else that is called ${namesOf(id).prefix}*`,
      ),
      ...ofStatements.map(({ what, name }) => `- ${what} ${name}`),
    ],
  });
  const { removals, isDone } = await removeLeftovers(run, leftovers);
  const removed = removals.flatMap((one) => one.removed);
  const left = [...removals.flatMap((one) => one.left), ...unknown];
  const isClean = isDone && isAllSeen;
  if (options.json) out(`${JSON.stringify({ removed, left, elsewhere }, undefined, 2)}\n`);
  else {
    out(`${isClean ? 'Removed' : 'NOT ALL IS REMOVED. Removed'}: ${removed.length}.\n`);
    for (const { what, name, removal } of left) out(`  still there: ${what} ${name}: ${removal}\n`);
  }
  return isClean ? 0 : 1;
};
