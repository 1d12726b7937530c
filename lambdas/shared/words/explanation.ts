import * as z from 'zod/mini';
import type { StepName } from '../contract/steps';
import { USER_NAME } from '../rotation/rotation-state';
import { bounded } from '../text/bounded';
import { isTimeZone } from '../text/times';
import type { Roles } from './message';

/** Who is told by any state, and by an execution's input, even if nothing else in it is understood. */
const Named = z.object({ userName: z.string().check(USER_NAME) });

/** What an input asks for, and for whom. Whatever else is in it, nobody knows what it is. */
const Asked = z.object({
  userName: z.optional(z.unknown()),
  action: z.optional(z.unknown()),
  trigger: z.optional(z.unknown()),
  accessKeyId: z.optional(z.unknown()),
});

/** What is told of an input that is not admitted: in one line, and cut. For the end of a sentence; empty when it asks for nothing. */
export const startedWith = (input: unknown): string => {
  const asked = JSON.stringify(Asked.safeParse(input).data ?? {});
  return asked === '{}' ? '' : ` This one was started with ${bounded(asked)}.`;
};

/** What a step's state says of the keys. */
const Told = z.object({
  rotation: z.optional(
    z.object({
      oldAccessKeyId: z.nullable(z.string()),
      leakedAccessKeyIds: z.optional(z.array(z.string())),
    }),
  ),
  newAccessKeyId: z.optional(z.nullable(z.string())),
});

/** What a state says of when a day begins for its user. */
const Zoned = z.object({ settings: z.object({ timeZone: z.string() }) });

/** What a state says of where its user's keys are stored. */
const OfSecret = z.object({ secretId: z.string() });

interface Keys {
  /** The old key, for the middle of a sentence. */
  readonly old: string;
  readonly fresh: string;
}

/**
 * What is known of the keys when a step has failed at any of its calls: what the steps before it have done, and what it
 * may have done itself.
 */
const KNOWN: Readonly<Record<StepName, (keys: Keys) => string>> = {
  'plan-rotation': () => 'This step only reads: no key and no label was changed.',
  'stop-execution': () =>
    'This step changes no key and no label. It may have stopped the execution that holds the lock.',
  'create-access-key': ({ old }) =>
    `AWSCURRENT is where it was. ${old} is to be replaced; this step may have created its successor already, which nobody ` +
    'reads yet: the next start finds that key, and uses or deletes it.',
  'test-access-key': ({ fresh }) =>
    `AWSCURRENT is where it was. ${fresh} is stored, and nobody reads it yet; the next start finds it.`,
  'publish-access-key': ({ old, fresh }) =>
    `AWSCURRENT is on ${fresh} or still where it was. ${old} is as it was.`,
  'confirm-adoption': ({ old, fresh }) =>
    `AWSCURRENT was moved to ${fresh}. ${old} is as it was: this step only reads.`,
  'deactivate-access-key': ({ old, fresh }) =>
    `AWSCURRENT was moved to ${fresh}. ${old} is as it was, or Inactive if the call got through that sets it so.`,
  'trace-leaked-key': ({ old, fresh }) =>
    `AWSCURRENT was moved to ${fresh}. ${old} was Inactive or gone before: this step only reads.`,
  'confirm-health': ({ old, fresh }) =>
    `AWSCURRENT was moved to ${fresh}. ${old} was set Inactive and is not deleted: this step only reads.`,
  // It tells itself what a rollback means that did not get through.
  'reactivate-access-key': () => 'No key is deleted by this step.',
  'delete-access-key': ({ old, fresh }) =>
    `AWSCURRENT was moved to ${fresh}. ${old} is Inactive, or deleted if the call got through that deletes it.`,
};

const nameOf = (accessKeyId: string | null | undefined, unknown: string): string =>
  accessKeyId === null || accessKeyId === undefined ? unknown : accessKeyId;

/** What was being done, of an error whose call is not known. */
export const STEP_AT_WORK = 'the step was at work';

/** Whose rotation it is, if the state says so in a way that is understood. */
export const userNameIn = (state: unknown): string | undefined => Named.safeParse(state).data?.userName;

/** What a state says of the part that each key plays. */
export const rolesIn = (state: unknown): Roles => {
  const { data } = Told.safeParse(state);
  return {
    old: data?.rotation?.oldAccessKeyId,
    fresh: data?.newAccessKeyId,
    leaked: data?.rotation?.leakedAccessKeyIds,
  };
};

/** The user's secret, if the state names it. */
export const secretIdIn = (state: unknown): string | undefined => OfSecret.safeParse(state).data?.secretId;

/** The user's time zone, if the state says so. */
export const timeZoneIn = (state: unknown): string | undefined => {
  const timeZone = Zoned.safeParse(state).data?.settings.timeZone;
  return timeZone !== undefined && isTimeZone(timeZone) ? timeZone : undefined;
};

/** What is known of the keys: for errors that tell of a single call only. */
export const whatIsKnown = (step: StepName, state: unknown): string => {
  const { old, fresh } = rolesIn(state);
  return KNOWN[step]({
    old: nameOf(old, 'The old key, if there is one,'),
    fresh: nameOf(fresh, 'the new key'),
  });
};
