import { setTimeout as sleep } from 'node:timers/promises';
import { ListUserTagsCommand } from '@aws-sdk/client-iam';
import { paginateListExecutions, type SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { isServiceError } from '../../lambdas/shared/gateways/service-errors';
import { inventory, type Owner, ofSuite, remove, type Thing } from '../../test/contract/kinds';
import type { Clients } from '../../test/contract/subject';
import { Problem } from '../../test/e2e/support/problem';
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

/** What was found, and what could not be listed, as things of which nobody knows whether they are there. */
export interface Look {
  readonly things: readonly Thing[];
  readonly unknown: readonly Thing[];
}

/** The things of a run: its names have its ID, and its users a tag. Its roles and policies go with the stack. */
const ofRun = ({ prefix }: Names, { region, rehearsal }: Place): Owner => ({
  beginning: prefix,
  logGroupStarts: rehearsal?.logGroupStarts,
  isOwn: async (clients, { what, name }) => what === 'IAM user' && (await regionOf(clients, name)) === region,
});

/** Looks for all that somebody has. Nothing keeps a removal from going on. */
const lookFor = async (clients: Clients, owner: Owner): Promise<Look> => {
  const unknown: Thing[] = [];
  const things = await inventory(clients, owner, (what, { name, message }) => {
    unknown.push({
      what,
      name: `${owner.beginning}*`,
      removal: `It could not be listed: ${name}: ${message}`,
    });
  });
  return { things, unknown };
};

/** What a run has left: of its own, and of its statements. */
export const lookForRun = async (place: Place, names: Names): Promise<Look> => {
  const { janitor, region } = place;
  const looks = [
    await lookFor(janitor, ofRun(names, place)),
    await lookFor(janitor, ofSuite(region, names.id)),
  ];
  return {
    things: looks.flatMap(({ things }) => things),
    unknown: looks.flatMap(({ unknown }) => unknown),
  };
};

/** The emergency's state machine starts executions of the other one: it is the first. */
const emergencyFirst = (one: Thing, other: Thing): number =>
  Number(/emergency/i.test(other.name)) - Number(/emergency/i.test(one.name));

/** @returns how many were running. */
const stopAll = async (client: SFNClient, stateMachineArn: string): Promise<number> => {
  let count = 0;
  const pages = paginateListExecutions({ client }, { stateMachineArn, statusFilter: 'RUNNING' });
  for await (const { executions = [] } of pages) {
    for (const { executionArn } of executions) {
      count += 1;
      await client.send(
        new StopExecutionCommand({ executionArn, cause: 'The acceptance run is over, and removes it all.' }),
      );
    }
  }
  return count;
};

/**
 * CloudFormation waits until a state machine is at rest. Stops until nothing runs any more: what has just been stopped may have
 * started something before.
 */
const stopExecutions = async (
  { janitor: { states }, pace }: Place,
  things: readonly Thing[],
): Promise<void> => {
  const machines = things.filter(({ what }) => what === 'state machine').toSorted(emergencyFirst);
  for (const began = Date.now(); ; await sleep(pace.pollMs)) {
    let count = 0;
    for (const { name } of machines) count += await stopAll(states, name);
    if (count === 0) return;
    if (Date.now() - began >= pace.patienceSeconds * 1000) {
      throw new Problem(`After ${pace.patienceSeconds} s, executions are still running.`);
    }
  }
};

/** Tries to remove what a look finds, until nothing is there, and nothing unknown. */
const removeFound = async ({ janitor: clients, pace }: Place, look: () => Promise<Look>): Promise<Look> => {
  for (const began = Date.now(); ; await sleep(pace.pollMs)) {
    const found = await look();
    if (found.things.length + found.unknown.length === 0) return found;
    for (const thing of found.things) {
      // What cannot be removed is seen by the next look; and how, stands beside it.
      await remove(clients, thing).catch(() => {});
    }
    if (Date.now() - began >= pace.patienceSeconds * 1000) return look();
  }
};

/** What a removal came to. What could not be listed at its end, may be there. */
const removalOf = (there: readonly Thing[], { things, unknown }: Look): Removal => ({
  removed: without(there, things).filter(({ what }) => !unknown.some((one) => one.what === what)),
  left: [...things, ...unknown],
});

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
  const look = (): Promise<Look> => lookFor(clients, ofRun(names, place));
  const { things: there } = await progress.step('Look what is there', look, LIMIT_SECONDS);
  let isStackLeft = false;
  if (destroy !== undefined) {
    try {
      await progress.step('Stop the executions', () => stopExecutions(place, there), LIMIT_SECONDS);
      await progress.step(`cdk destroy ${names.stack}`, destroy, LIMIT_SECONDS);
    } catch (error) {
      progress.note(`The stack could not be deleted: ${(error as Error).message}`);
      isStackLeft = true;
    }
  }
  if (isStackLeft) {
    // What is taken out of a stack makes it harder to delete, and without its users nothing would find it again.
    const { removed, left } = removalOf(there, await look());
    return { removed, left: [stackThing(names, region), ...left] };
  }
  const left = await progress.step(
    'Remove secrets, logs, the queue and users',
    () => removeFound(place, look),
    LIMIT_SECONDS,
  );
  return removalOf(there, left);
};

/** The Region that a user says its run was in; undefined if it says nothing, or is gone. */
const regionOf = async ({ iam }: Clients, UserName: string): Promise<string | undefined> => {
  try {
    const { Tags = [] } = await iam.send(new ListUserTagsCommand({ UserName }));
    return Tags.find(({ Key }) => Key === REGION_TAG)?.Value;
  } catch (error) {
    if (isServiceError(error, 'NoSuchEntity', 'NoSuchEntityException')) return undefined;
    throw error;
  }
};

/** Runs of which something is there. */
export interface FoundRuns {
  /** The IDs of those that are here. */
  readonly here: readonly string[];
  /** The Regions of the others, by their IDs. */
  readonly elsewhere: ReadonlyMap<string, string>;
  /** What could not be listed. */
  readonly unknown: readonly Thing[];
}

/** Looks for runs. Users are in every Region, and say where the rest is. */
export const findRuns = async ({ janitor: clients, region, rehearsal }: Place): Promise<FoundRuns> => {
  const elsewhere = new Map<string, string>();
  const { things, unknown } = await lookFor(clients, {
    beginning: NAME_BEGINNING,
    logGroupStarts: rehearsal?.logGroupStarts,
    // Roles and policies do not say in which Region their stack is.
    isOwn: async (_clients, { what, name }) => {
      const [id] = idsIn([name]);
      if (what !== 'IAM user' || id === undefined) return false;
      const where = await regionOf(clients, name);
      if (where !== undefined && where !== region) elsewhere.set(id, where);
      return where === region;
    },
  });
  // Log groups and ARNs have other beginnings.
  const ids = idsIn(things.map(({ name }) => name));
  return { here: ids.filter((id) => !elsewhere.has(id)), elsewhere, unknown };
};

/**
 * What statements have left, when a run was killed, or could not remove.
 *
 * @param runId - Default: of every run.
 * @param elsewhere - Told of other Regions in which something is.
 */
export const leftOfStatements = (
  { janitor, region }: Place,
  runId?: string,
  elsewhere?: (region: string) => void,
): Promise<Look> => lookFor(janitor, ofSuite(region, runId, elsewhere));

/** Removes these things that statements have left, and nothing that was made since they were found. */
export const removeStatements = async (
  place: Place,
  found: readonly Thing[],
  progress: Progress,
): Promise<Removal> => {
  const look = async (): Promise<Look> => {
    const { things, unknown } = await leftOfStatements(place);
    return { things: without(found, without(found, things)), unknown };
  };
  const left = await progress.step(
    'Remove what statements have left',
    () => removeFound(place, look),
    LIMIT_SECONDS,
  );
  return removalOf(found, left);
};
