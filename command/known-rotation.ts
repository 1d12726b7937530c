import * as z from 'zod/mini';
import {
  claimedSuccessorOf,
  type Deployed,
  type DraftRecord,
  draftOf,
  type EndedExecution,
} from '../lambdas/record-rotation/decide';
import { after, type Course, NO_COURSE } from '../lambdas/record-rotation/history';
import { RotationRecord } from '../lambdas/record-rotation/record';
import { safeParse } from '../lambdas/shared/contract/schema';
import {
  type DescribedExecution,
  HistoryGateway,
  type ToldEvent,
} from '../lambdas/shared/gateways/history-gateway';
import { executionsOf as arnsOf } from '../lambdas/shared/rotation/execution-end';
import type { EnteredState } from '../picture/executions';
import definition from '../state-machine/access-key-rotation.asl.json';
import type { Deployment } from './deployment';
import { executionsOf, startedWith } from './executions';
import { EXIT, Trouble, troubleOf } from './trouble';

/** What is known of an execution: its record, or what would be one if it ended now. */
export type KnownRecord = Omit<RotationRecord, 'unknown'> & {
  readonly unknown: readonly { readonly field: string }[];
};

/** A message to people. */
interface SentMessage {
  readonly at: Date;
  readonly subject: string;
  /** Whether the topic has taken it. */
  readonly sent: boolean;
}

/** What the history of an execution shows of its time. */
interface ShownHistory {
  readonly entered: readonly EnteredState[];
  readonly messages: readonly SentMessage[];
  /** The key that AWSCURRENT named when the rotation began; null for the placeholder. Undefined: nothing says it. */
  readonly currentBefore: string | null | undefined;
}

/** An execution of a rotation. */
export interface KnownExecution {
  readonly record: KnownRecord;
  /** Undefined: Step Functions does not show it, or not any more. */
  readonly history: ShownHistory | undefined;
}

/** A rotation: the executions that have worked on it, the oldest first. */
export interface KnownRotation {
  readonly executions: readonly KnownExecution[];
  /** What could not be found out, in sentences. */
  readonly notes: readonly string[];
}

/** Step Functions quotas: an execution has 25,000 events. */
const MOST_EVENTS = 25_000;
/** So many executions of a user are looked into: there is one for each day of the 90 that Step Functions keeps, and some by hand. */
const MOST_LOOKED_INTO = 150;

const Before = z.object({ rotation: z.object({ currentAccessKeyIdBefore: z.nullable(z.string()) }) });
const Message = z.object({ message: z.object({ subject: z.string() }) });
const Telling = z.union([
  Message,
  z.pipe(
    z.object({ failure: Message }),
    z.transform(({ failure }) => failure),
  ),
]);

const MESSENGERS: ReadonlySet<string> = new Set(
  Object.entries(definition.States).flatMap(([name, state]) =>
    'Resource' in state && state.Resource === 'arn:aws:states:::sns:publish' ? [name] : [],
  ),
);

/** Takes the events of a history, one by one. */
class Watching {
  readonly #entered: EnteredState[] = [];
  readonly #messages: SentMessage[] = [];
  #currentBefore: string | null | undefined;
  #subject: string | undefined;
  #lastAttemptFailed = false;

  take(event: ToldEvent): void {
    if (event.kind === 'entered') {
      this.#entered.push({ name: event.state, at: event.at });
      this.#currentBefore ??= safeParse(Before, event.data).data?.rotation.currentAccessKeyIdBefore;
      if (MESSENGERS.has(event.state)) this.#subject = safeParse(Telling, event.data).data?.message.subject;
    } else if (event.kind === 'exited' && this.#subject !== undefined && MESSENGERS.has(event.state)) {
      this.#messages.push({ at: event.at, subject: this.#subject, sent: !this.#lastAttemptFailed });
      this.#subject = undefined;
    }
    this.#lastAttemptFailed = event.kind === 'attempt-failed';
  }

  get shown(): ShownHistory {
    return { entered: this.#entered, messages: this.#messages, currentBefore: this.#currentBefore };
  }
}

/** Finds out what is known of the executions of a user. */
class Executions {
  readonly #history: HistoryGateway;
  readonly #deployed: Deployed;

  constructor(
    private readonly deployment: Deployment,
    private readonly records: ReadonlyMap<string, RotationRecord>,
    private readonly say: (text: string) => void,
  ) {
    this.#history = new HistoryGateway(deployment.clientConfig);
    // Nothing is asked of CloudTrail here, so nobody is compared with these roles.
    this.#deployed = { rotations: deployment.stateMachineArn, schedulerRoleArn: '', emergencyRoleArn: '' };
  }

  /** The record alone, if there is one; else all. */
  async look(arn: string, described: DescribedExecution): Promise<KnownExecution> {
    const record = this.records.get(arn);
    return record === undefined ? this.read(arn, described) : { record, history: undefined };
  }

  /** All that its history shows. */
  async read(arn: string, described: DescribedExecution): Promise<KnownExecution> {
    this.say(`Reading the history of ${arn.split(':').at(-1)} ...\n`);
    const watching = new Watching();
    let course: Course = NO_COURSE;
    const isWhole = await this.#history.read(arn, MOST_EVENTS, (event) => {
      course = after(course, event);
      watching.take(event);
    });
    const read: Omit<EndedExecution, 'successor'> = {
      ...{ arn, of: 'rotation', described, course },
      read: isWhole ? 'whole' : 'part',
    };
    const claimed = claimedSuccessorOf(read, this.#deployed);
    const successor = claimed === undefined ? undefined : await this.#history.describe(claimed);
    const draft = (): DraftRecord =>
      draftOf({ ...read, successor }, { kind: 'not-asked' }, undefined, this.#deployed, new Date());
    return { record: this.records.get(arn) ?? draft(), history: watching.shown };
  }

  /** With its history, as far as Step Functions still has it. */
  async complete(known: KnownExecution): Promise<KnownExecution> {
    if (known.history !== undefined) return known;
    const { arn } = known.record.execution;
    const described = await this.#history.describe(arn);
    return described === undefined ? known : this.read(arn, described);
  }

  /** The one that somebody has named. @throws Trouble */
  async named(name: string, userName: string): Promise<KnownExecution> {
    const arn = name.startsWith('arn:') ? name : `${arnsOf(this.deployment.stateMachineArn)}${name}`;
    const record = this.records.get(arn);
    const described = await this.#history.describe(arn);
    const whose = record?.userName ?? startedWith(described?.input)?.userName;
    if (record === undefined && described === undefined) {
      throw new Trouble(
        EXIT.misuse,
        `Neither Step Functions nor the records know an execution ${name}: Step Functions keeps them for 90 days. For an older one, give --since.`,
      );
    }
    if (whose !== userName) {
      throw new Trouble(
        EXIT.misuse,
        `${name} is not an execution of ${userName}, but of ${whose ?? 'nobody'}.`,
      );
    }
    if (described !== undefined) return this.read(arn, described);
    return { record: record as RotationRecord, history: undefined };
  }

  /** The youngest first. */
  async *all(userName: string): AsyncGenerator<KnownExecution> {
    let looked = 0;
    for await (const { executionArn, described } of executionsOf(this.deployment, userName)) {
      yield await this.look(executionArn, described);
      looked += 1;
      if (looked === MOST_LOOKED_INTO) return;
    }
  }
}

const idOf = ({ record }: KnownExecution): string | undefined => record.rotation?.id;
const startOf = ({ record }: KnownExecution): number =>
  Date.parse(record.execution.startedAt ?? record.recordedAt);

/** Whether an execution of another rotation is older than all that were found. */
const isBefore = (one: KnownExecution, found: ReadonlyMap<string, KnownExecution>): boolean =>
  found.size > 0 && [...found.values()].every((other) => startOf(one) < startOf(other));

/**
 * Everything that is known of a rotation of a user: of the one that an execution has worked on, or of the last one.
 *
 * @param records - Those that were read for auditors, by the ARN of the execution.
 * @returns undefined: none is known.
 */
export const knownRotation = async (
  deployment: Deployment,
  userName: string,
  {
    records,
    execution,
    say,
  }: {
    readonly records: ReadonlyMap<string, RotationRecord>;
    readonly execution: string | undefined;
    readonly say: (text: string) => void;
  },
): Promise<KnownRotation | undefined> => {
  const executions = new Executions(deployment, records, say);
  const notes: string[] = [];
  const named = execution === undefined ? undefined : await executions.named(execution, userName);
  let wanted = named && idOf(named);
  // It has ended before there was a rotation to work on.
  if (named !== undefined && wanted === undefined) return { executions: [named], notes };
  const found = new Map<string, KnownExecution>();
  const take = (one: KnownExecution): void => void found.set(one.record.execution.arn, one);
  if (named !== undefined) take(named);
  const recorded = [...records.values()]
    .filter((record) => record.kind === 'rotation' && record.userName === userName)
    .map((record): KnownExecution => ({ record, history: undefined }))
    .toSorted((one, other) => startOf(other) - startOf(one));
  try {
    for await (const one of executions.all(userName)) {
      const id = idOf(one);
      wanted ??= id;
      if (id === undefined || found.has(one.record.execution.arn)) continue;
      if (id === wanted) take(one);
      // Before the one that has begun it, and beyond another rotation, there are none.
      if (id === wanted ? one.record.rotation?.begunHere === true : isBefore(one, found)) break;
    }
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble === undefined || recorded.length === 0) throw error;
    notes.push(`Step Functions was not asked for executions that have no record yet: ${trouble.message}`);
  }
  wanted ??= recorded.map(idOf).find((id) => id !== undefined);
  if (wanted === undefined) return undefined;
  for (const one of recorded) if (idOf(one) === wanted && !found.has(one.record.execution.arn)) take(one);
  const all: KnownExecution[] = [];
  for (const one of [...found.values()].toSorted((a, b) => startOf(a) - startOf(b))) {
    try {
      all.push(await executions.complete(one));
    } catch (error) {
      if (troubleOf(error) === undefined) throw error;
      all.push(one);
    }
  }
  return { executions: all, notes };
};

/**
 * The records, by the ARN of the execution.
 *
 * @returns also how many were not understood: a later release may have written more.
 */
export const recordsByArn = (
  read: readonly unknown[],
): { readonly records: ReadonlyMap<string, RotationRecord>; readonly odd: number } => {
  const records = new Map<string, RotationRecord>();
  let odd = 0;
  for (const whole of read) {
    const parsed = safeParse(RotationRecord, whole);
    if (parsed.success) records.set(parsed.data.execution.arn, parsed.data);
    else odd += 1;
  }
  return { records, odd };
};
