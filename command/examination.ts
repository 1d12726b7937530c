import * as z from 'zod/mini';
import { safeParse } from '../lambdas/shared/contract/schema';
import type { Ownership } from '../lambdas/shared/findings/ownership';
import type { Pause } from '../lambdas/shared/secret/pause';
import type { Finding } from '../lambdas/survey/decide';
import { say } from '../lambdas/survey/words';

/** What was examined, and what came of it. */
export interface Examined {
  /** Whom it is about, or the stack. */
  readonly about: string;
  readonly verdict: 'fine' | 'wrong' | 'unknown';
  readonly says: string;
  /** It could not be asked, because that needs more than the policies of the stack give: nobody has to look. */
  readonly beyond?: true;
}

const LABEL: Readonly<Record<Finding['check'], string>> = {
  'key-age': 'the age of its keys',
  current: 'the key in AWSCURRENT',
  rotation: 'its rotation',
  'other-keys': 'other keys',
  replicas: 'replicas',
  'health-alarms': 'health alarms',
  schedule: 'the schedule',
  subscriptions: 'subscriptions',
};

/** What the survey says of something. What nothing says, nobody can mend: that is no fault. */
export const ofFinding = (about: string, finding: Finding): Examined => {
  if (finding.verdict === 'fine') return { about, verdict: 'fine', says: LABEL[finding.check] };
  if (finding.verdict === 'unknown' && finding.why.code === 'not-said') {
    return {
      about,
      verdict: 'fine',
      says: `${LABEL[finding.check]}: nothing says it before the first rotation`,
    };
  }
  return { about, verdict: finding.verdict, says: say(finding) ?? LABEL[finding.check] };
};

/** Whoever has paused a user knows it: that is no fault, but nothing is rotated. */
export const ofPause = (about: string, { reason }: Pause): Examined => ({
  about,
  verdict: 'fine',
  says: `is paused (${reason || 'no reason given'}): no rotation begins`,
});

/** Whether another stack, or another Region, rotates the user. */
export const ofOwnership = (about: string, ownership: Ownership): Examined => {
  switch (ownership.kind) {
    case 'own':
      return { about, verdict: 'fine', says: 'is marked as rotated here' };
    case 'unmarked':
      return { about, verdict: 'fine', says: 'is not marked yet: the first rotation does it' };
    case 'off':
      return { about, verdict: 'fine', says: 'ownershipMark is off: another stack is not noticed' };
    case 'other':
      return {
        about,
        verdict: 'wrong',
        says: `belongs to another secret, ${ownership.owner}: two stacks have it. See access-key-rotation explain UserConflict ${about}`,
      };
  }
};

const many = z.union([z.string(), z.array(z.string())]);
const Statement = z.object({
  Effect: z.string(),
  Action: z.optional(many),
  Principal: z.optional(z.union([z.string(), z.record(z.string(), many)])),
  Condition: z.optional(z.unknown()),
});
const Policy = z.object({ Statement: z.union([Statement, z.array(Statement)]) });

const listOf = <One>(value: One | readonly One[]): readonly One[] =>
  Array.isArray(value) ? (value as readonly One[]) : [value as One];

const READS = /^(\*|secretsmanager:(\*|Get\*|GetSecret\*|GetSecretValue))$/i;

/**
 * Who may read a secret by its own policy. Who may by a policy of their own, only IAM knows.
 *
 * @param readers - those whom the configuration names.
 */
export const ofPolicy = (about: string, policy: unknown, readers: readonly string[]): Examined => {
  if (policy === undefined) {
    return readers.length === 0
      ? {
          about,
          verdict: 'fine',
          says: 'its secret has no policy of its own: whoever has one in IAM reads it',
        }
      : {
          about,
          verdict: 'wrong',
          says: `its secret has no policy, and ${readers.join(', ')} should read it: deploy the stack again`,
        };
  }
  const parsed = safeParse(Policy, policy);
  if (!parsed.success)
    return { about, verdict: 'unknown', says: 'the policy of its secret is not understood' };
  const allowed = listOf(parsed.data.Statement)
    .filter(
      ({ Effect, Action = [] }) => Effect === 'Allow' && listOf(Action).some((action) => READS.test(action)),
    )
    .flatMap(({ Principal = [], Condition }) =>
      (typeof Principal === 'string'
        ? [Principal]
        : Object.values(Principal).flatMap((one) => listOf(one))
      ).map((name) => ({ name, isOpen: name === '*' && Condition === undefined })),
    );
  if (allowed.some(({ isOpen }) => isOpen)) {
    return {
      about,
      verdict: 'wrong',
      says: 'EVERYBODY MAY READ ITS SECRET: its policy allows "*". Take that away at once',
    };
  }
  const names = [...new Set(allowed.map(({ name }) => name))];
  const missing = readers.filter((reader) => !names.includes(reader));
  if (missing.length > 0) {
    return {
      about,
      verdict: 'wrong',
      says: `${missing.join(', ')} should read its secret, and the policy does not say so: deploy the stack again`,
    };
  }
  const more = names.filter((name) => !readers.includes(name));
  return {
    about,
    verdict: 'fine',
    says: `its secret may be read by ${names.length === 0 ? 'nobody by its policy' : names.join(', ')}${more.length > 0 && readers.length > 0 ? `, of whom the configuration does not name ${more.join(', ')}` : ''}`,
  };
};

const TOPIC = /"(arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+)"/;

/** The topic to which a state machine publishes; undefined: its definition names none. */
export const topicIn = (definition: string): string | undefined => TOPIC.exec(definition)?.[1];

/** What is fine with somebody is one line; all else has a line of its own, and comes first. */
export const grouped = (found: readonly Examined[]): readonly Examined[] => {
  const fine = found.filter(({ verdict }) => verdict === 'fine');
  const all = [...new Set(fine.map(({ about }) => about))].map(
    (about): Examined => ({
      about,
      verdict: 'fine',
      says: fine
        .filter((one) => one.about === about)
        .map(({ says }) => says.replace(/\.$/, ''))
        .join('; '),
    }),
  );
  return [
    ...found.filter(({ verdict }) => verdict === 'wrong'),
    ...found.filter(({ verdict }) => verdict === 'unknown'),
    ...all,
  ];
};
