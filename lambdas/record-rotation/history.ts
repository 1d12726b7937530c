import * as z from 'zod/mini';
import { STEP_NAMES, type StepName } from '../shared/contract/steps';
import type { ToldEvent } from '../shared/gateways/history-gateway';
import { judgeAcknowledgement } from '../shared/rotation/acknowledgement';
import { unlessOdd } from '../shared/rotation/execution-end';
import { STEPS } from '../shared/rotation/step-table';
import { Trace } from '../shared/rotation/trace';
import { judgeVerdict, type Verdict } from '../shared/rotation/verdict';

/*
 * What the history of an execution tells, event by event. States are known by their steps, whatever the definition, and an earlier
 * release has noted less: so nothing has to be there.
 */

const timestamp = z.iso.datetime();
const Use = z.object({ service: z.string(), region: z.string(), at: timestamp });

/** What travels through the state machine, as far as the record has it. */
const Travelling = z.object({
  userName: unlessOdd(z.string()),
  userId: unlessOdd(z.string()),
  secretId: unlessOdd(z.string()),
  action: unlessOdd(z.string()),
  settings: unlessOdd(
    z.object({
      overlapPeriod: z.string(),
      quietPeriod: z.string(),
      adoptionDeadline: z.string(),
      onAdoptionDeadline: z._default(z.string(), 'stop'),
      noticeBefore: z._default(z.string(), 'PT0S'),
      recoveryPeriod: z.string(),
      idleAfter: z.string(),
      timeZone: z.string(),
      deactivationWindow: z.union([
        z.literal('always'),
        z.object({ days: z.array(z.string()), from: z.string(), to: z.string() }),
      ]),
      healthAlarms: z.array(z.string()),
      validator: z.optional(z.string()),
      acknowledgement: z.optional(z.object({ deadline: z.string() })),
      ownershipMark: z._default(z.string(), 'on'),
    }),
  ),
  rotation: unlessOdd(
    z.object({
      rootRotationId: z.string(),
      startedAt: timestamp,
      oldAccessKeyId: z.nullable(z.string()),
      leakedAccessKeyIds: z._default(z.array(z.string()), []),
    }),
  ),
  keysFound: unlessOdd(
    z.array(z.object({ accessKeyId: z.string(), status: z.string(), createDate: timestamp })),
  ),
  newAccessKeyId: unlessOdd(z.nullable(z.string())),
  newKeySource: unlessOdd(z.enum(['created', 'stored-before', 'held-before'])),
  testedAt: unlessOdd(timestamp),
  publishedAt: unlessOdd(timestamp),
  noticedAt: unlessOdd(timestamp),
  usesSeen: unlessOdd(z.object({ oldKey: z.array(Use), newKey: z.array(Use) })),
  contained: unlessOdd(z.object({ at: timestamp })),
  deactivatedAt: unlessOdd(timestamp),
  deactivatedHere: unlessOdd(z.literal(true)),
  reactivatedHere: unlessOdd(z.literal(true)),
  deletedHere: unlessOdd(z.literal(true)),
  trace: unlessOdd(Trace),
  rollback: unlessOdd(z.object({ error: z.nullable(z.string()), reason: z.string() })),
});
/** All that is known of it: of each field what was there last. */
type Known = Partial<z.infer<typeof Travelling>>;

/** What a step hands on, besides: what it is about, and not what came before. */
const HandedOn = z.object({
  status: unlessOdd(z.string()),
  outcome: unlessOdd(z.string()),
  why: unlessOdd(z.string()),
  adoption: unlessOdd(z.object({ ground: z.string(), overruled: z.optional(z.array(z.string())) })),
});

/** An error that the definition has caught. That with which a rollback ends has details, which no caught error has. */
const Caught = z.object({ Error: z.string(), details: z.optional(z.undefined()) });
const WithCaught = z.object({ failure: Caught });

/** What states of a check are given besides. */
const Given = z.object({ verdict: z.optional(z.unknown()), acknowledgement: z.optional(z.unknown()) });

/** How far the step has come that was entered last. */
interface LastStep {
  readonly step: StepName;
  /** When it has ended; while it has not, when it was entered. */
  readonly at: Date;
  /** Undefined: it has ended in an error, or in nothing that the history shows. */
  readonly status: string | undefined;
  /** Undefined besides: it was cut off. */
  readonly error: string | undefined;
  readonly said: string | undefined;
  /** A code for the same, where a step has noted one. */
  readonly why: string | undefined;
}

/** The validator, in one of the two checks. */
interface Asked {
  readonly asked: number;
  readonly verdict: Verdict | undefined;
}

/** The owner was asked to acknowledge. */
interface AskedOwner {
  readonly askedAt: Date;
  readonly answeredAt: Date | undefined;
  readonly answer: ReturnType<typeof judgeAcknowledgement> | undefined;
}

/** All that a history tells. */
export interface Course {
  readonly events: number;
  readonly failedAttempts: number;
  readonly notUnderstood: number;
  /** The last event says that the execution has ended. */
  readonly ended: boolean;
  readonly known: Known;
  /** By step and status, how often and when last. */
  readonly ends: ReadonlyMap<string, { readonly times: number; readonly at: Date }>;
  readonly last: LastStep | undefined;
  /** Steps that were entered, and whose last end has no status: what they have done by then, nobody has noted. */
  readonly unfinished: ReadonlySet<StepName>;
  readonly adoption: { readonly ground: string; readonly overruled: readonly string[] } | undefined;
  readonly validators: Readonly<Record<'confirm-adoption' | 'confirm-health', Asked>>;
  readonly acknowledgement: AskedOwner | undefined;
  readonly rotationNoticeAt: Date | undefined;
}

/** Of a history of which nothing was read yet. */
export const NO_COURSE: Course = {
  events: 0,
  failedAttempts: 0,
  notUnderstood: 0,
  ended: false,
  known: {},
  ends: new Map(),
  last: undefined,
  unfinished: new Set(),
  adoption: undefined,
  validators: {
    'confirm-adoption': { asked: 0, verdict: undefined },
    'confirm-health': { asked: 0, verdict: undefined },
  },
  acknowledgement: undefined,
  rotationNoticeAt: undefined,
};

const STEP_OF = new Map<string, StepName>(STEP_NAMES.map((step) => [STEPS[step].stateName, step]));

const isCheck = (step: StepName | undefined): step is 'confirm-adoption' | 'confirm-health' =>
  step === 'confirm-adoption' || step === 'confirm-health';

/** How often a step has ended with a status. */
export const timesOf = ({ ends }: Course, step: StepName, status: string): number =>
  ends.get(`${step} ${status}`)?.times ?? 0;

/** When a step has ended with a status last. */
export const endOf = ({ ends }: Course, step: StepName, status: string): Date | undefined =>
  ends.get(`${step} ${status}`)?.at;

/** What a state was given, or has handed on. What is not there was not forgotten: a later state may have less. */
const learn = (course: Course, data: unknown): Course => {
  const travelling = Travelling.safeParse(data);
  // The plan takes what anybody may have written.
  if (!travelling.success) return { ...course, notUnderstood: course.notUnderstood + 1 };
  const there = Object.entries(travelling.data).filter(([, value]) => value !== undefined);
  return { ...course, known: { ...course.known, ...(Object.fromEntries(there) as Known) } };
};

/** A check that was given an answer, or gets none yet. */
const hear = (course: Course, step: 'confirm-adoption' | 'confirm-health', data: unknown, at: Date) => {
  const { verdict, acknowledgement } = Given.safeParse(data).data ?? {};
  const asked = course.validators[step];
  const { acknowledgement: owner } = course;
  return {
    ...course,
    ...(verdict !== undefined && {
      validators: { ...course.validators, [step]: { ...asked, verdict: judgeVerdict(verdict) } },
    }),
    ...(acknowledgement !== undefined &&
      owner !== undefined &&
      owner.answeredAt === undefined && {
        acknowledgement: { ...owner, answeredAt: at, answer: judgeAcknowledgement(acknowledgement) },
      }),
  };
};

/** A step begins. Until it has ended in one of its statuses, it may have done anything that it does. */
const enter = (course: Course, step: StepName, at: Date): Course => ({
  ...course,
  last: { step, at, status: undefined, error: undefined, said: undefined, why: undefined },
  unfinished: new Set(course.unfinished).add(step),
});

const without = (steps: ReadonlySet<StepName>, step: StepName): ReadonlySet<StepName> =>
  new Set([...steps].filter((one) => one !== step));

/** A step has ended, in one of its statuses or in an error. */
const end = (course: Course, step: StepName, data: unknown, at: Date): Course => {
  const caught = WithCaught.safeParse(data).data?.failure ?? Caught.safeParse(data).data;
  if (caught !== undefined) {
    return {
      ...course,
      last: { step, at, status: undefined, error: caught.Error, said: undefined, why: undefined },
      unfinished: new Set(course.unfinished).add(step),
    };
  }
  const { status, outcome, why, adoption } = HandedOn.safeParse(data).data ?? {};
  const learnt = learn(course, data);
  const { ends, validators } = learnt;
  const key = `${step} ${status}`;
  return {
    ...learnt,
    ends: new Map(ends).set(key, { times: (ends.get(key)?.times ?? 0) + 1, at }),
    last: { step, at, status, error: undefined, said: outcome, why },
    ...(status !== undefined && { unfinished: without(learnt.unfinished, step) }),
    ...(step === 'confirm-adoption' && {
      adoption: adoption && { ground: adoption.ground, overruled: adoption.overruled ?? [] },
    }),
    ...(isCheck(step) &&
      status === 'ask-validator' && {
        validators: { ...validators, [step]: { ...validators[step], asked: validators[step].asked + 1 } },
      }),
    ...(status === 'ask-acknowledgement' && {
      acknowledgement: { askedAt: at, answeredAt: undefined, answer: undefined },
    }),
    ...(step === 'plan-rotation' && status === 'notice' && { rotationNoticeAt: at }),
  };
};

/** What is known after another event. */
export const after = (before: Course, event: ToldEvent): Course => {
  const course = { ...before, events: before.events + 1, ended: event.kind === 'ended' };
  const { at } = event;
  if (event.kind === 'attempt-failed') return { ...course, failedAttempts: course.failedAttempts + 1 };
  if (event.kind !== 'entered' && event.kind !== 'exited') return course;
  const step = STEP_OF.get(event.state);
  if (step === undefined) return course;
  if (event.kind === 'exited') return end(course, step, event.data, at);
  // What an execution is started with, anybody may have written: its plan admits it, or not.
  const entered = enter(course, step, at);
  const learnt = step === 'plan-rotation' ? entered : learn(entered, event.data);
  return isCheck(step) ? hear(learnt, step, event.data, at) : learnt;
};
