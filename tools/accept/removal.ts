import { setTimeout as sleep } from 'node:timers/promises';
import { ListUserTagsCommand } from '@aws-sdk/client-iam';
import { paginateListExecutions, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { inventory, remove, type Thing } from '../../test/contract/kinds';
import { type Clients, NAME_PREFIX as CONTRACT_BEGINNING } from '../../test/contract/subject';
import type { Progress } from '../../test/e2e/support/progress';
import type { Place } from './place';
import { idsIn, NAME_BEGINNING, type Names, REGION_TAG } from './plan';

/** What a removal came to. */
export interface Removal {
  readonly removed: readonly Thing[];
  readonly left: readonly Thing[];
}

/** CloudFormation deletes a stack of this size in minutes. */
const LIMIT_SECONDS = 1_800;

const POLL_MS = 2_000;

const keyOf = ({ what, name }: Thing): string => `${what} ${name}`;

/** Those of the first that are not among the second. */
export const without = (things: readonly Thing[], others: readonly Thing[]): readonly Thing[] => {
  const there = new Set(others.map(keyOf));
  return things.filter((thing) => !there.has(keyOf(thing)));
};

/** A stack that could not be deleted, as a thing that is left. */
const stackThing = ({ stack }: Names, region: string): Thing => ({
  what: 'stack',
  name: stack,
  removal: `aws cloudformation delete-stack --region ${region} --stack-name ${stack}`,
});

/** What is there of a run, and of which kinds that cannot be said. Nothing keeps a removal from going on. */
const lookFor = async (
  clients: Clients,
  prefix: string,
): Promise<{ readonly things: readonly Thing[]; readonly unknown: readonly Thing[] }> => {
  const unknown: Thing[] = [];
  const things = await inventory(clients, prefix, (what, { name, message }) => {
    unknown.push({ what, name: `${prefix}*`, removal: `It could not be listed: ${name}: ${message}` });
  });
  return { things, unknown };
};

/** CloudFormation waits until a state machine is at rest. */
const stopExecutions = async ({ states: client }: Clients, things: readonly Thing[]): Promise<void> => {
  for (const { name: stateMachineArn } of things.filter(({ what }) => what === 'state machine')) {
    const pages = paginateListExecutions({ client }, { stateMachineArn, statusFilter: 'RUNNING' });
    for await (const { executions = [] } of pages) {
      for (const { executionArn } of executions) {
        await client.send(
          new StopExecutionCommand({
            executionArn,
            cause: 'The acceptance run is over, and removes it all.',
          }),
        );
      }
    }
  }
};

/** Tries to remove everything with this beginning. Whoever is not gone yet is tried again. */
const removeThings = async ({ janitor: clients, pace }: Place, prefix: string): Promise<readonly Thing[]> => {
  for (const began = Date.now(); ; await sleep(POLL_MS)) {
    const { things, unknown } = await lookFor(clients, prefix);
    if (things.length === 0) return unknown;
    for (const thing of things) {
      // What cannot be removed is seen by the next look; and how, stands beside it.
      await remove(clients, thing).catch(() => {});
    }
    if (Date.now() - began > pace.patienceSeconds * 1000) {
      const last = await lookFor(clients, prefix);
      return [...last.things, ...last.unknown];
    }
  }
};

/**
 * Removes a run: its stack, what the stack leaves, and its users last. What it finds by its name is what it removes, so it can be
 * repeated, and knows nothing of how far the run came.
 *
 * @param destroy - Deletes the stack. Undefined: no deployment was begun.
 */
export const removeRun = async (
  place: Place,
  names: Names,
  destroy: (() => Promise<void>) | undefined,
  progress: Progress,
): Promise<Removal> => {
  const { janitor: clients, region } = place;
  const { prefix } = names;
  const { things: there } = await progress.step('Look what is there', () => lookFor(clients, prefix));
  let isStackLeft = false;
  if (destroy !== undefined) {
    try {
      await progress.step('Stop the executions', () => stopExecutions(clients, there));
      await progress.step(`cdk destroy ${names.stack}`, destroy, LIMIT_SECONDS);
    } catch (error) {
      progress.note(`The stack could not be deleted: ${(error as Error).message}`);
      isStackLeft = true;
    }
  }
  if (isStackLeft) {
    // What is taken out of a stack makes it harder to delete, and without its users nothing would find it again.
    const { things, unknown } = await lookFor(clients, prefix);
    const left = [stackThing(names, region), ...things, ...unknown];
    return { removed: without(there, left), left };
  }
  const left = await progress.step(
    'Remove secrets, logs, the queue and users',
    () => removeThings(place, prefix),
    LIMIT_SECONDS,
  );
  return { removed: without(there, left), left };
};

/** The Region that a user says its run was in; undefined if it says nothing. */
const regionOf = async ({ iam }: Clients, UserName: string): Promise<string | undefined> => {
  const { Tags = [] } = await iam.send(new ListUserTagsCommand({ UserName }));
  return Tags.find(({ Key }) => Key === REGION_TAG)?.Value;
};

/** Runs of which something is there: their IDs. Users are in every Region, and say where the rest is. */
export const findRuns = async ({
  janitor: clients,
  region,
}: Place): Promise<{ readonly here: readonly string[]; readonly elsewhere: readonly string[] }> => {
  const things = await inventory(clients, NAME_BEGINNING);
  // Log groups and ARNs have other beginnings.
  const ids = idsIn(things.map(({ name }) => name));
  const elsewhere = new Map<string, string>();
  for (const { what, name } of things) {
    const [id] = idsIn([name]);
    if (what !== 'IAM user' || id === undefined) continue;
    const where = await regionOf(clients, name);
    if (where !== undefined && where !== region) elsewhere.set(id, where);
  }
  return {
    here: ids.filter((id) => !elsewhere.has(id)),
    elsewhere: [...new Set(elsewhere.values())],
  };
};

/** What the suite of statements has left, when a run was killed. */
export const leftOfStatements = ({ janitor }: Place): Promise<readonly Thing[]> =>
  inventory(janitor, CONTRACT_BEGINNING);

/** Removes what the suite of statements has left. */
export const removeStatements = async (place: Place, progress: Progress): Promise<Removal> => {
  const there = await leftOfStatements(place);
  if (there.length === 0) return { removed: [], left: [] };
  const left = await progress.step(
    'Remove what statements have left',
    () => removeThings(place, CONTRACT_BEGINNING),
    LIMIT_SECONDS,
  );
  return { removed: without(there, left), left };
};
