import * as z from 'zod/mini';
import { RotationSettings } from '../shared/contract/enrolment';
import { safeParse } from '../shared/contract/schema';
import type { EnteredState } from '../shared/gateways/fleet-gateway';
import type { Progress } from './limits';
import type { Problem } from './reading';

/** A rotation that runs. */
export interface RunningRotation {
  readonly executionArn: string;
  readonly startedAt: Date;
  /** Undefined: what it is at is not known. */
  readonly progress: Progress | undefined;
  /** Why not. */
  readonly problem?: Problem | undefined;
  /** The settings that it has taken along; undefined before its plan. */
  readonly settings?: RotationSettings | undefined;
  /** The keys that it deals with; undefined before its plan, or when they are not known. */
  readonly accessKeyIds?: readonly string[] | undefined;
}

const time = z.iso.datetime();

/** What travels through the state machine, as far as it tells where a rotation stands. Nothing of it has to be there. */
const Travelling = z.object({
  settings: z.optional(RotationSettings),
  rotation: z.optional(
    z.object({
      oldAccessKeyId: z.nullable(z.string()),
      supersededAccessKeyId: z._default(z.nullable(z.string()), null),
    }),
  ),
  newAccessKeyId: z.optional(z.nullable(z.string())),
  publishedAt: z.optional(time),
  pausedAt: z.optional(time),
  deactivatedAt: z.optional(time),
  waitUntil: z.optional(time),
  rollback: z.optional(z.unknown()),
});

const dateOf = (text: string | undefined): Date | undefined =>
  text === undefined ? undefined : new Date(text);

/** Where it stands, by what the steps have handed on: they note when they have published, and when they have deactivated. */
const stageOf = (
  { rollback, deactivatedAt, publishedAt, pausedAt, newAccessKeyId }: z.infer<typeof Travelling>,
  enteredAt: Date,
): Pick<Progress, 'stage' | 'since'> => {
  if (rollback !== undefined) return { stage: 'rollback', since: enteredAt };
  if (deactivatedAt !== undefined) return { stage: 'recovery', since: new Date(deactivatedAt) };
  // The deadline counts from the end of a pause.
  if (publishedAt !== undefined) return { stage: 'adoption', since: new Date(pausedAt ?? publishedAt) };
  return { stage: newAccessKeyId ? 'testing' : 'starting', since: enteredAt };
};

/** What is known of a rotation by the state that its execution has entered last. */
export const progressOf = (
  { executionArn, startedAt }: Pick<RunningRotation, 'executionArn' | 'startedAt'>,
  entered: EnteredState | undefined,
): RunningRotation => {
  const unknown = (problem: Problem): RunningRotation => ({
    executionArn,
    startedAt,
    progress: undefined,
    problem,
  });
  if (entered === undefined) return unknown({ code: 'no-state' });
  const travelling = safeParse(Travelling, entered.input);
  if (!travelling.success) return unknown({ code: 'state-not-understood' });
  const { data } = travelling;
  const { settings, rotation, newAccessKeyId } = data;
  return {
    executionArn,
    startedAt,
    progress: { ...stageOf(data, entered.at), waitsUntil: dateOf(data.waitUntil) },
    settings,
    accessKeyIds:
      rotation &&
      [rotation.oldAccessKeyId, rotation.supersededAccessKeyId, newAccessKeyId ?? null].filter(
        (accessKeyId) => accessKeyId !== null,
      ),
  };
};
