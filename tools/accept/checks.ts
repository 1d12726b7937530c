import type { Deployment } from '../../command/deployment';
import { follow } from '../../command/follow';
import type { SeenEvent } from '../../command/gateways/state-machines';
import { pause, unpause } from '../../command/pause';
import { emergency, rollback } from '../../command/retire';
import type { CommonOptions, Surroundings } from '../../command/shell';
import { startExecution } from '../../command/start';
import { EXIT, type Exit } from '../../command/trouble';
import { LABELS } from '../../lambdas/shared/contract/names';
import type { Inbox } from '../../test/e2e/support/inbox';
import { Problem } from '../../test/e2e/support/problem';
import type { Progress } from '../../test/e2e/support/progress';
import { currentKey, type Keyholder, untilPromised } from './people';
import type { Place } from './place';
import type { RotatingCheck } from './plan';
import type { Figure } from './record';

/** What the checks have at hand, once the stack is there. */
export interface Stage {
  readonly place: Place;
  readonly deployment: Deployment;
  readonly surroundings: Surroundings;
  readonly options: CommonOptions;
  readonly inbox: Inbox;
}

/** A check: what it does with its user, and where it says what it does and has measured. */
interface Trial {
  readonly stage: Stage;
  readonly person: Keyholder;
  readonly progress: Progress;
  measure(figure: Figure): void;
}

/** Nobody waits for an execution for longer than this. */
const LIMIT_SECONDS = 1_200;

/** SNS delivers within seconds, as a rule. */
const MESSAGE_SECONDS = 120;

/** It lasts for many seconds, and a pause is looked for only after the overlap period. */
const TEST = 'Test the new key';
const OVERLAP = 'Wait for the overlap period';
const RECOVERY = 'Wait in the recovery period';

const enters =
  (state: string) =>
  (events: readonly SeenEvent[]): boolean =>
    events.some((event) => event.kind === 'entered' && event.state === state);

/** What an execution says is shown once, however often it is followed from its beginning. */
const sayOnce = ({ note }: Progress): Pick<Surroundings, 'out' | 'err'> => {
  const said = new Set<string>();
  const say = (text: string): void => {
    for (const one of text.split('\n').filter((part) => part.trim() !== '')) {
      if (said.has(one)) continue;
      said.add(one);
      note(one);
    }
  };
  return { out: say, err: say };
};

/** Starts a rotation. Returns how to follow it until a state is entered, or with none until its end. */
const startRotation = async ({ stage, person, progress }: Trial) => {
  const { deployment } = stage;
  const { userName } = person;
  const executionArn = await progress.step('Start the rotation', () =>
    startExecution(deployment, deployment.stateMachineArn, { userName }),
  );
  const say = sayOnce(progress);
  const seen: SeenEvent[] = [];
  const until = (state: string | undefined, title: string): Promise<void> =>
    progress.step(
      title,
      async () => {
        const isEnough = (events: readonly SeenEvent[]): boolean => {
          seen.push(...events);
          return state !== undefined && enters(state)(events);
        };
        const { ended } = await follow(deployment, say, executionArn, { isEnough });
        if (ended === undefined) return;
        const isWanted = state === undefined && ended.status === 'SUCCEEDED';
        if (!isWanted) {
          throw new Problem(
            `${executionArn} ended: ${ended.status} ${ended.error ?? ''} ${ended.cause ?? ''}`,
          );
        }
      },
      LIMIT_SECONDS,
    );
  return { until, seen };
};

const seconds = (count: number): string => `${count.toFixed(1)} s`;

/** By what a rotation found that the old key may be deactivated. */
const groundIn = (events: readonly SeenEvent[]): string => {
  const grounds = events.flatMap(({ data }) => {
    const { adoption } = (data ?? {}) as { readonly adoption?: { readonly ground?: string } };
    return adoption?.ground ?? [];
  });
  return grounds.at(-1) ?? 'not said';
};

/** The new key is published, and both keys work. */
const bothKeys = async ({ stage: { place }, person, progress }: Trial): Promise<string> =>
  progress.step(
    'The new key is in the secret and works, and the old key is Active',
    async () => {
      const fresh = await currentKey(place, person);
      const old = person.old.accessKeyId;
      // The old key is not used: IAM would take that for the use of a consumer.
      await untilPromised(place, person, {
        keys: { [old]: 'Active', [fresh]: 'Active' },
        current: fresh,
        previous: old,
        answers: { [fresh]: 'accepted' },
      });
      return fresh;
    },
    LIMIT_SECONDS,
  );

/** The old key is Inactive, and AWS refuses it. */
const oldKeyInactive = async (trial: Trial, fresh: string): Promise<void> => {
  const { stage, person, progress, measure } = trial;
  const old = person.old.accessKeyId;
  const took = await progress.step(
    'The old key is Inactive and refused, and the new one works',
    () =>
      untilPromised(stage.place, person, {
        keys: { [old]: 'Inactive', [fresh]: 'Active' },
        current: fresh,
        answers: { [old]: 'refused', [fresh]: 'accepted' },
      }),
    LIMIT_SECONDS,
  );
  measure({ what: 'from the first look at the Inactive key until AWS refused it', value: seconds(took) });
};

/** A person was told, by a message that has all of this. */
const told = async (
  { stage: { inbox }, progress, measure }: Trial,
  what: string,
  parts: readonly string[],
): Promise<void> => {
  const { Subject = '' } = await progress.step(
    `A message says so: ${what}`,
    () =>
      inbox.message(
        what,
        ({ Subject: subject = '', Message }) =>
          parts.every((part) => `${subject}\n${Message}`.includes(part)),
        MESSAGE_SECONDS,
      ),
    LIMIT_SECONDS,
  );
  measure({ what: 'subject of the message', value: Subject });
};

/** A command of an operator, which has to end well. */
const operator = async (
  { stage: { surroundings }, progress }: Trial,
  title: string,
  work: (own: Surroundings) => Promise<Exit>,
): Promise<void> =>
  progress.step(
    title,
    async () => {
      const exit = await work({ ...surroundings, ...sayOnce(progress) });
      if (exit !== EXIT.fine) throw new Problem(`The command ended with the exit status ${exit}.`);
    },
    LIMIT_SECONDS,
  );

/** Keeps a rotation where it is while it is looked at: how long a look takes must not decide whether it sees what was promised. */
const inPause = async <T>(trial: Trial, look: () => Promise<T>): Promise<T> => {
  const { stage, person } = trial;
  await operator(trial, 'access-key-rotation pause', (own) =>
    pause(own, person.userName, { ...stage.options, reason: 'acceptance run' }),
  );
  const seen = await look();
  await operator(trial, 'access-key-rotation unpause', (own) => unpause(own, person.userName, stage.options));
  return seen;
};

const rotation = async (trial: Trial): Promise<void> => {
  const { stage, person, progress, measure } = trial;
  const { until, seen } = await startRotation(trial);
  await until(TEST, 'Until there is a new key');
  const fresh = await inPause(trial, async () => {
    await until(OVERLAP, 'Until the new key is tested and published');
    return bothKeys(trial);
  });
  await until(RECOVERY, 'Until the old key is deactivated');
  await inPause(trial, () => oldKeyInactive(trial, fresh));
  await until(undefined, 'Until the old key is deleted');
  await progress.step(
    'The new key is the only one, and the lock is gone',
    () =>
      untilPromised(stage.place, person, {
        keys: { [fresh]: 'Active' },
        current: fresh,
        labels: { there: [LABELS.current, LABELS.previous], gone: [LABELS.pending, LABELS.held] },
        answers: { [fresh]: 'accepted', [person.old.accessKeyId]: 'refused' },
      }),
    LIMIT_SECONDS,
  );
  measure({ what: 'by what adoption was settled', value: groundIn(seen) });
};

const rollBack = async (trial: Trial): Promise<void> => {
  const { stage, person, progress } = trial;
  const { userName, old } = person;
  const { until } = await startRotation(trial);
  await until(RECOVERY, 'Until the old key is deactivated');
  const fresh = await currentKey(stage.place, person);
  await oldKeyInactive(trial, fresh);
  await operator(trial, 'access-key-rotation rollback', (own) =>
    rollback(own, userName, { ...stage.options, yes: true, reason: 'acceptance run' }),
  );
  await progress.step(
    'Both keys are Active and work, the new one is in the secret, and the rotation is on hold',
    () =>
      untilPromised(stage.place, person, {
        keys: { [old.accessKeyId]: 'Active', [fresh]: 'Active' },
        // A new key that works stays there: consumers that have moved keep it.
        current: fresh,
        labels: { there: [LABELS.held] },
        answers: { [old.accessKeyId]: 'accepted', [fresh]: 'accepted' },
      }),
    LIMIT_SECONDS,
  );
  await told(trial, 'the rollback', [userName, 'rolled back']);
};

const declareEmergency = async (trial: Trial): Promise<void> => {
  const { stage, person, progress } = trial;
  const { userName, old } = person;
  await operator(trial, 'access-key-rotation emergency', (own) =>
    emergency(
      own,
      { userName, accessKeyId: old.accessKeyId },
      { ...stage.options, yes: true, reason: 'acceptance run' },
    ),
  );
  const fresh = await progress.step('Read the successor from the secret', () =>
    currentKey(stage.place, person),
  );
  await oldKeyInactive(trial, fresh);
  await told(trial, 'the leaked key is Inactive', [userName, old.accessKeyId]);
};

/** What each check does. */
export const TRIALS: Readonly<Record<RotatingCheck, (trial: Trial) => Promise<void>>> = {
  rotation,
  rollback: rollBack,
  emergency: declareEmergency,
};
