import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetAccessKeyLastUsedCommand,
  ListAccessKeysCommand,
} from '@aws-sdk/client-iam';
import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { LABELS } from '../../lambdas/shared/contract/names';
import { IdentityGateway } from '../../lambdas/shared/gateways/identity-gateway';
import { isServiceError } from '../../lambdas/shared/gateways/service-errors';
import type { Credentials } from '../../test/contract/subject';
import { Problem } from '../../test/e2e/support/problem';
import type { Place } from './place';
import { type Names, type Person, personOf, REGION_TAG, type RotatingCheck } from './plan';
import type { Figure } from './record';
import { type Promised, type Standing, unlike } from './standing';

const POLL_MS = 1_000;

/** How often IAM is asked for a use, which it shows late. */
const LAST_USE_POLL_MS = 5_000;

/** A user of the run, with the keys that are known. Their material stays in memory. */
export interface Keyholder extends Person {
  readonly old: Credentials;
  /** When the old key was used first, and how long after its creation AWS accepted it. */
  readonly firstUse: { readonly at: Date; readonly afterSeconds: number };
  /** All keys that were seen so far, by their IDs. */
  readonly known: Map<string, Credentials>;
}

const secondsSince = (ms: number): number => (Date.now() - ms) / 1000;

/** Asks until there is an answer, or the patience is over. */
const patiently = async <T>(
  { pace }: Place,
  ask: () => Promise<T | undefined>,
  inVain: () => string,
): Promise<T> => {
  for (const began = Date.now(); ; await sleep(POLL_MS)) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (secondsSince(began) >= pace.patienceSeconds) {
      throw new Problem(`After ${pace.patienceSeconds} s: ${inVain()}`);
    }
  }
};

/** All results. One failure must not leave others that are just being created, so each comes to its end before it is thrown. */
export const onceAllEnded = async <T>(work: readonly Promise<T>[]): Promise<readonly T[]> => {
  const ends = await Promise.allSettled(work);
  return ends.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
};

/** Creates the user of a check with one key, and uses the key once. */
export const createKeyholder = async (
  place: Place,
  names: Names,
  check: RotatingCheck,
): Promise<Keyholder> => {
  const { iam } = place.clients;
  const person = personOf(names, check);
  const { userName: UserName } = person;
  const Tags = [{ Key: REGION_TAG, Value: place.region }];
  await iam.send(new CreateUserCommand({ UserName, Tags }));
  const { AccessKey } = await patiently(
    place,
    async () => {
      try {
        return await iam.send(new CreateAccessKeyCommand({ UserName }));
      } catch (error) {
        // A user is not known everywhere at once.
        if (isServiceError(error, 'NoSuchEntity', 'NoSuchEntityException')) return undefined;
        throw error;
      }
    },
    () => `IAM does not know the user ${UserName} that it has created.`,
  );
  const createdMs = Date.now();
  const old = {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  };
  await patiently(
    place,
    async () => ((await answerTo(place, old)) === 'accepted' ? true : undefined),
    () => `AWS does not accept the key that it has created for ${UserName}.`,
  );
  const firstUse = { at: new Date(), afterSeconds: secondsSince(createdMs) };
  return { ...person, old, firstUse, known: new Map([[old.accessKeyId, old]]) };
};

const answerTo = async ({ region }: Place, key: Credentials): Promise<Standing['answers'][string]> => {
  const identity = await new IdentityGateway({ region }).whoIs(key);
  return identity.kind === 'user' ? 'accepted' : 'refused';
};

/** The key in the value of a secret; undefined if it is none. What is no JSON would be quoted by the error that says so. */
export const keyIn = (value: string): Credentials | undefined => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return undefined;
  }
  const { AccessKeyId, SecretAccessKey } = (parsed ?? {}) as Readonly<Record<string, unknown>>;
  return typeof AccessKeyId === 'string' && typeof SecretAccessKey === 'string'
    ? { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey }
    : undefined;
};

/** The key in the version with a label; undefined if there is none. */
const keyWith = async (
  { clients }: Place,
  SecretId: string,
  VersionStage: string,
): Promise<Credentials | undefined> => {
  try {
    const { SecretString = '{}' } = await clients.secretsManager.send(
      new GetSecretValueCommand({ SecretId, VersionStage }),
    );
    return keyIn(SecretString);
  } catch (error) {
    if (isServiceError(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
};

/** The key that consumers read now. */
export const currentKey = async (place: Place, { secretId, known, userName }: Keyholder): Promise<string> => {
  const key = await keyWith(place, secretId, LABELS.current);
  if (key === undefined) throw new Problem(`There is no key in the secret of ${userName}.`);
  known.set(key.accessKeyId, key);
  return key.accessKeyId;
};

/** What IAM, the secret and calls say. */
const standingOf = async (
  place: Place,
  { userName: UserName, secretId: SecretId, known }: Keyholder,
  asked: readonly string[],
): Promise<Standing> => {
  const { iam, secretsManager } = place.clients;
  const [{ AccessKeyMetadata = [] }, { VersionIdsToStages = {} }, current, previous] = await Promise.all([
    iam.send(new ListAccessKeysCommand({ UserName })),
    secretsManager.send(new DescribeSecretCommand({ SecretId })),
    keyWith(place, SecretId, LABELS.current),
    keyWith(place, SecretId, LABELS.previous),
  ]);
  for (const key of [current, previous]) if (key !== undefined) known.set(key.accessKeyId, key);
  const answers = asked.map(async (id) => {
    const key = known.get(id);
    return [id, key === undefined ? 'no answer' : await answerTo(place, key)] as const;
  });
  return {
    keys: Object.fromEntries(
      AccessKeyMetadata.map(({ AccessKeyId, Status }) => [AccessKeyId ?? '', Status ?? '']),
    ),
    current: current?.accessKeyId,
    previous: previous?.accessKeyId,
    labels: [...new Set(Object.values(VersionIdsToStages).flat())],
    answers: Object.fromEntries(await Promise.all(answers)),
  };
};

/**
 * Looks until all is as promised. Everything is eventually consistent, so the last look counts.
 *
 * @returns how many seconds that took.
 * @throws Problem that says what is not as promised.
 */
export const untilPromised = async (place: Place, person: Keyholder, promised: Promised): Promise<number> => {
  const began = Date.now();
  let differences: readonly string[] = [];
  await patiently(
    place,
    async () => {
      differences = unlike(promised, await standingOf(place, person, Object.keys(promised.answers)));
      return differences.length === 0 ? true : undefined;
    },
    () => `the keys of ${person.userName} are not as promised.\n${differences.join('\n')}`,
  );
  return secondsSince(began);
};

/** Asks IAM when it shows the first use of the old key, until it does or the run is over. */
export const lagOfLastUse = async (
  { clients, rehearsal }: Place,
  { old, firstUse }: Keyholder,
  signal: AbortSignal,
): Promise<Figure> => {
  const what = "how long after its use IAM's last-used data showed it";
  const since = (): string => `${Math.round(secondsSince(firstUse.at.getTime()))} s`;
  while (!signal.aborted) {
    try {
      const { AccessKeyLastUsed } = await clients.iam.send(
        new GetAccessKeyLastUsedCommand({ AccessKeyId: old.accessKeyId }),
      );
      if (AccessKeyLastUsed?.LastUsedDate !== undefined) return { what, value: `at most ${since()}` };
    } catch (error) {
      return { what, value: `IAM did not say: ${(error as Error).name}` };
    }
    const pollMs = rehearsal === undefined ? LAST_USE_POLL_MS : POLL_MS;
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  }
  return { what, value: `not within ${since()}, the length of the run` };
};
