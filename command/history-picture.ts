import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { IamGateway } from '../lambdas/shared/gateways/iam-gateway';
import { SecretGateway } from '../lambdas/shared/gateways/secret-gateway';
import { isDenial } from '../lambdas/shared/gateways/service-errors';
import { AUDIT_TRAIL_REGIONS } from '../lib/config/audit-trail';
import { drawPicture, isPicture } from '../picture/draw';
import { type Deployment, secretOf } from './deployment';
import { CallsGateway } from './gateways/calls';
import type { ReadRecord } from './history-rows';
import { type KnownRotation, knownRotation, recordsByArn } from './known-rotation';
import { isUnderWay, keysOf, pictureOfRotation, type RegionCalls } from './picture';
import { type CommonOptions, type Surroundings, writeJson } from './shell';
import { EXIT, type Exit, Trouble, troubleOf } from './trouble';

/** What is drawn, and where it goes. */
export interface PictureOptions extends CommonOptions {
  readonly picture: string;
  readonly execution?: string | undefined;
}

/** So many Regions are asked, the stack's among them: each takes a while. */
const MOST_REGIONS = 6;

/** The file that gets the picture. @throws Trouble */
export const pictureFile = ({ directory }: Surroundings, name: string): string => {
  const file = resolve(directory, name);
  if (!/.\.svg$/i.test(name)) {
    throw new Trouble(EXIT.misuse, `--picture ${name}: give a file whose name ends with .svg.`);
  }
  if (statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Trouble(EXIT.misuse, `--picture ${name}: there is no folder ${dirname(file)}.`);
  }
  if (existsSync(file) && !(statSync(file).isFile() && isPicture(readFileSync(file, 'utf8')))) {
    throw new Trouble(
      EXIT.misuse,
      `--picture ${name}: there is another file, which is no picture of a rotation. It stays.`,
    );
  }
  return file;
};

/** What comes of asking; undefined, and a sentence in `notes`, when AWS does not say. */
const orUnknown = async <T>(what: string, notes: string[], ask: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await ask();
  } catch (error) {
    const trouble = troubleOf(error, { refused: '', unanswered: '' });
    if (trouble === undefined) throw error;
    notes.push(`Not known: ${what}. ${trouble.message}`.trim());
    return undefined;
  }
};

/** Where consumers may have called: here, where global services are, and where IAM has told of uses. */
const regionsOf = (
  { region, caller }: Deployment,
  { executions }: KnownRotation,
): { readonly asked: readonly string[]; readonly left: readonly string[] } => {
  const partition = caller.split(':')[1] as keyof typeof AUDIT_TRAIL_REGIONS;
  const used = executions.flatMap(({ record: { adoption, oldKey, newKey } }) =>
    [
      ...(adoption?.usesOfOldKey ?? []),
      ...(adoption?.usesOfNewKey ?? []),
      oldKey?.lastUsed,
      newKey?.lastUsed,
    ].flatMap((use) => use?.region ?? []),
  );
  // A service without Regions has another word there.
  const named = used.filter((one) => /^[a-z]+(-[a-z]+)+-\d+$/.test(one));
  const all = [...new Set([region, AUDIT_TRAIL_REGIONS[partition]?.Region ?? region, ...named])];
  return { asked: all.slice(0, MOST_REGIONS), left: all.slice(MOST_REGIONS) };
};

const callsIn = async (
  deployment: Deployment,
  { err }: Surroundings,
  rotation: KnownRotation,
  notes: string[],
): Promise<readonly RegionCalls[]> => {
  const { all } = keysOf(rotation.executions);
  if (all.length === 0) return [];
  const [first] = rotation.executions;
  const from = new Date(first?.record.execution.startedAt ?? 0);
  const answers: RegionCalls[] = [];
  const { asked, left } = regionsOf(deployment, rotation);
  if (left.length > 0) {
    notes.push(
      `The keys were used in ${left.join(', ')}, too, which were not asked: calls there are not drawn.`,
    );
  }
  for (const region of asked) {
    err(
      `Asking CloudTrail in ${region} what was called with ${all.length} key${all.length === 1 ? '' : 's'} ...\n`,
    );
    try {
      const answer = await new CallsGateway({ ...deployment.clientConfig, region }).of(all, {
        from,
        to: new Date(),
      });
      answers.push({ region, answer });
    } catch (error) {
      const trouble = troubleOf(error, { refused: '', unanswered: '' });
      if (trouble === undefined) throw error;
      const isDenied = error instanceof Error && isDenial(error.cause);
      answers.push({
        region,
        answer: { problem: isDenied ? 'AWS has denied cloudtrail:LookupEvents.' : trouble.message.trim() },
      });
    }
  }
  return answers;
};

/** Draws the last rotation of a user, or the one that an execution has worked on. */
export const historyPicture = async (
  surroundings: Surroundings,
  userName: string,
  options: PictureOptions,
  {
    deployment,
    records,
    odd: leftOut,
    notes: given,
    startersOf,
  }: {
    readonly deployment: Deployment;
    readonly records: readonly ReadRecord[];
    /** How many more were read, and not understood. */
    readonly odd: number;
    readonly notes: readonly string[];
    /** Who has started executions, by their ARNs, as far as CloudTrail says. */
    readonly startersOf: (
      executions: readonly { readonly arn: string; readonly startedAt: string | null }[],
    ) => Promise<ReadonlyMap<string, string>>;
  },
): Promise<Exit> => {
  const file = pictureFile(surroundings, options.picture);
  const { clientConfig } = deployment;
  // The youngest come first, and of several of one execution the one that was made last counts.
  const recorded = recordsByArn(records.map(({ whole }) => whole).toReversed());
  const rotation = await knownRotation(deployment, userName, {
    records: recorded.records,
    execution: options.execution,
    say: surroundings.err,
  });
  if (rotation === undefined) {
    throw new Trouble(
      EXIT.look,
      `No rotation of ${userName} is known: neither the records since then nor Step Functions have one. No picture was drawn.`,
    );
  }
  const odd = leftOut + recorded.odd;
  const notes = [
    ...given,
    ...rotation.notes,
    ...(odd === 0
      ? []
      : [`${odd} of the records are not understood by this release: what only they say is not drawn.`]),
  ];
  const { executions } = rotation;
  // How keys are now says nothing of a rotation that has ended.
  const isOpen = isUnderWay(executions);
  const keysNow = isOpen
    ? await orUnknown('how the keys are now', notes, () => new IamGateway(clientConfig).accessKeys(userName))
    : undefined;
  const secret = executions.some(({ record }) => record.rollback !== null)
    ? await orUnknown('where AWSCURRENT is since the rollback', notes, async () =>
        new SecretGateway(clientConfig).describe(await secretOf(deployment, userName)),
      )
    : undefined;
  const known = executions.flatMap(({ record: { execution, startedBy } }) =>
    startedBy.identity === null ? [] : [[execution.arn, startedBy.identity] as const],
  );
  const unknown = executions.flatMap(({ record: { execution, startedBy } }) => [
    ...(startedBy.identity === null ? [execution] : []),
    // A declaration begins right before what it starts.
    ...(startedBy.declaration === null
      ? []
      : [{ arn: startedBy.declaration, startedAt: execution.startedAt }]),
  ]);
  const starters = new Map([...known, ...(await startersOf(unknown))]);
  const calls = await callsIn(deployment, surroundings, rotation, notes);
  const facts = {
    userName,
    now: new Date(),
    executions,
    keysNow,
    labelsNow: secret?.versionByLabel,
    calls,
    starters,
    notes,
  };
  const data = pictureOfRotation(facts);
  try {
    writeFileSync(file, drawPicture(data));
  } catch (error) {
    throw new Trouble(
      EXIT.misuse,
      `--picture ${options.picture} cannot be written (${(error as NodeJS.ErrnoException).code ?? 'error'}).`,
    );
  }
  const { verdict } = data;
  const arns = executions.map(({ record }) => record.execution.arn);
  if (options.json === true)
    writeJson(surroundings, {
      userName,
      picture: options.picture,
      verdict,
      executions: arns,
      notes: data.notes,
    });
  else
    surroundings.out(
      `${userName}: ${verdict}.\nThe picture is in ${options.picture}. It says what is not known.\n`,
    );
  return odd > 0 ? EXIT.look : EXIT.fine;
};
