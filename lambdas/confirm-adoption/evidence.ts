import type { LastUse } from '../shared/gateways/iam-gateway';
import { after } from '../shared/rotation/calendar';
import type { KeyUse, UsesSeen } from '../shared/rotation/rotation-state';

/**
 * Last-used data is coarse: of several uses within 15 minutes only the first is recorded. A use of the new key
 * counts as somebody else's when it is more than this after our own last test call.
 */
const OWN_TEST_SHADOW = 'PT15M';

/** The state carries no more than this of each key: one use per service. */
const MOST_SERVICES = 8;

/** A user that reads its own secret does so with the new key, whoever uses the user for anything else. */
const READING_SECRETS = 'secretsmanager';

/** Whoever looks whether a key works asks STS, as our own test does. Programs that assume roles do, too. */
const ASKING_STS = 'sts';

/** IAM's word for a service that it does not know. */
const UNKNOWN = 'N/A';

/** What the checks have seen of the use of both keys. */
export interface UseFacts {
  readonly oldKeyUse: LastUse | undefined;
  readonly newKeyUse: LastUse | undefined;
  /** What earlier checks have seen. */
  readonly usesSeen: UsesSeen | undefined;
  readonly publishedAt: Date;
  /** End of our own last test of the new key; undefined when a predecessor tested it. */
  readonly testedAt: Date | undefined;
}

const useOf = ({ date, serviceName = UNKNOWN, region = UNKNOWN }: LastUse): KeyUse | undefined =>
  date && { service: serviceName, region, at: date.toISOString() };

/** The latest use for each service, the latest of all first. */
const withUse = (seen: readonly KeyUse[], use: KeyUse | undefined): readonly KeyUse[] =>
  use === undefined
    ? seen
    : [use, ...seen.filter(({ service }) => service !== use.service)].slice(0, MOST_SERVICES);

/**
 * Evidence gathers over the checks, because IAM names the latest use of a key only: what reads its secret every few minutes
 * hides nearly every other use.
 */
export const gatherUses = (facts: UseFacts): UsesSeen => {
  const { oldKey = [], newKey = [] } = facts.usesSeen ?? {};
  const testsEnded = after(facts.testedAt ?? facts.publishedAt, OWN_TEST_SHADOW);
  const { oldKeyUse, newKeyUse } = facts;
  const isOthers = newKeyUse?.date !== undefined && newKeyUse.date > testsEnded;
  return {
    oldKey: [...withUse(oldKey, oldKeyUse && useOf(oldKeyUse))],
    newKey: [...withUse(newKey, isOthers ? useOf(newKeyUse) : undefined)],
  };
};

const isProgram = ({ service }: KeyUse): boolean =>
  service !== READING_SECRETS && service !== ASKING_STS && service !== UNKNOWN;

/**
 * A use of the new key that a program has made, rather than whoever reads the secret with it. A use for STS is one where
 * nothing else is known of what the user does.
 */
export const proofOf = ({ oldKey, newKey }: UsesSeen): KeyUse | undefined =>
  newKey.find(isProgram) ??
  (oldKey.some(isProgram) ? undefined : newKey.find(({ service }) => service === ASKING_STS));

/** What the old key was used for, and the new one was not seen in use for. */
export const notSeenAgain = ({ oldKey, newKey }: UsesSeen): readonly string[] =>
  oldKey
    .filter((use) => isProgram(use) && !newKey.some(({ service }) => service === use.service))
    .map(({ service }) => service);
