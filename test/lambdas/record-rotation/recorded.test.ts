import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { draftOf } from '../../../lambdas/record-rotation/decide';
import { after, NO_COURSE } from '../../../lambdas/record-rotation/history';
import { RotationRecord } from '../../../lambdas/record-rotation/record';
import { worded } from '../../../lambdas/record-rotation/words';
import { readRecording } from '../../../simulation/recorded/recording';
import { EMERGENCY_ROLE, SCHEDULER_ROLE, unknownIn } from './recorder';

/*
 * Executions that began under earlier releases: what travels with them has less, and what is not there is not made up.
 */

const DIRECTORY = join(__dirname, '..', '..', 'state-machine', 'recorded');
const RELEASES = readdirSync(DIRECTORY, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const ROTATIONS = 'arn:aws:states:us-east-1:111122223333:stateMachine:IamAccessKeyRotation';
const DEPLOYED = { rotations: ROTATIONS, schedulerRoleArn: SCHEDULER_ROLE, emergencyRoleArn: EMERGENCY_ROLE };

/** The record of an execution that somebody stops in the state that was recorded. */
const stoppedIn = ({
  name,
  input,
  startDate,
  state,
}: ReturnType<typeof readRecording>['moments'][number]['executions'][number]): RotationRecord => {
  const at = new Date('2026-06-01T00:00:00Z');
  const course = [
    { at, kind: 'entered' as const, state: state?.name ?? '', data: state?.input },
    { at, kind: 'ended' as const },
  ].reduce(after, NO_COURSE);
  const described = {
    status: 'ABORTED',
    startedAt: startDate,
    endedAt: at,
    redriveCount: 0,
    input,
    output: undefined,
    error: undefined,
    cause: undefined,
  };
  const arn = `${ROTATIONS.replace(':stateMachine:', ':execution:')}:${name}`;
  const ended = {
    arn,
    of: 'rotation' as const,
    described,
    course,
    read: 'whole' as const,
    successor: undefined,
  };
  return RotationRecord.parse(worded(draftOf(ended, { kind: 'not-shown' }, undefined, DEPLOYED, at)));
};

test('there are recordings', () => {
  expect(RELEASES.length).toBeGreaterThan(0);
});

test.each(RELEASES)('each recorded execution of %s has a record, which names its keys', (release) => {
  const running = readRecording(join(DIRECTORY, release)).moments.flatMap(({ executions }) =>
    executions.filter(({ state }) => state !== undefined),
  );
  expect(running.length).toBeGreaterThan(0);
  let rotations = 0;
  for (const execution of running) {
    const record = stoppedIn(execution);
    const { newAccessKeyId, rotation, publishedAt } = (execution.state?.input ?? {}) as {
      readonly newAccessKeyId?: string | null;
      readonly publishedAt?: string;
      readonly rotation?: { readonly oldAccessKeyId: string | null; readonly rootRotationId: string };
    };
    // Steps alone have data of their own; what stands between them hands it on.
    if (record.rotation === null) continue;
    rotations += 1;
    expect(record).toMatchObject({
      result: 'stopped',
      userName: 'alice',
      startedBy: { evidence: 'not-shown' },
    });
    expect(record.rotation.id).toBe(rotation?.rootRotationId);
    expect(record.oldKey?.accessKeyId ?? null).toBe(rotation?.oldAccessKeyId ?? null);
    expect(record.newKey?.accessKeyId ?? null).toBe(newAccessKeyId ?? null);
    // One state does not show that the key was published here, so it is not said.
    if (publishedAt !== undefined) expect(unknownIn(record)).toContain('newKey.published');
    if (record.newKey?.source === null) expect(unknownIn(record)).toContain('newKey.stored');
  }
  expect(rotations).toBeGreaterThan(running.length / 4);
});
