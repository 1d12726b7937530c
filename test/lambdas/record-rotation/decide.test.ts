import { draftOf, type TrailAnswer } from '../../../lambdas/record-rotation/decide';
import { after, type Course, NO_COURSE } from '../../../lambdas/record-rotation/history';
import type { ToldEvent } from '../../../lambdas/shared/gateways/history-gateway';
import { EMERGENCY_ROLE, SCHEDULER_ROLE } from './recorder';

/*
 * What a history does not show is not said. Each history here is a few events, of which nothing else is known.
 */

const ROTATIONS = 'arn:aws:states:us-east-1:111122223333:stateMachine:IamAccessKeyRotation';
const ARN = `${ROTATIONS.replace(':stateMachine:', ':execution:')}:alice-1`;
const DEPLOYED = { rotations: ROTATIONS, schedulerRoleArn: SCHEDULER_ROLE, emergencyRoleArn: EMERGENCY_ROLE };
const OLD = 'AKIAEXAMPLE000000001';
const NEW = 'AKIAEXAMPLE000000002';
const at = (hour: number) => new Date(Date.UTC(2026, 2, 2, hour));
const iso = (hour: number) => at(hour).toISOString();

const CREATED = iso(0);
const STATE = {
  userName: 'alice',
  keysFound: [{ accessKeyId: OLD, status: 'Active', createDate: CREATED }],
  rotation: { rootRotationId: `${ARN}#0`, startedAt: iso(1), oldAccessKeyId: OLD },
  newAccessKeyId: NEW,
};
const told =
  (kind: 'entered' | 'exited') =>
  (state: string, hour: number, data: object): ToldEvent => ({
    ...{ kind, state },
    at: at(hour),
    data: { ...STATE, ...data },
  });
const exit = told('exited');
const enter = told('entered');
const DEACTIVATE = 'Deactivate the old key';
const CHECK = 'Check that consumers have moved';
const REACTIVATE = 'Reactivate the old key';
const CREATE = exit('Create and store a new key', 2, { status: 'created', newKeySource: 'created' });

const courseOf = (...events: readonly ToldEvent[]): Course => events.reduce(after, NO_COURSE);

const draft = (
  course: Course,
  { input = { userName: 'alice' } as object, answer = { kind: 'not-asked' } as TrailAnswer } = {},
) =>
  draftOf(
    {
      arn: ARN,
      of: 'rotation',
      course,
      read: 'whole',
      successor: undefined,
      described: {
        status: 'FAILED',
        startedAt: at(1),
        endedAt: at(9),
        redriveCount: 0,
        input,
        output: undefined,
        error: 'StateDrift',
        cause: undefined,
      },
    },
    answer,
    undefined,
    DEPLOYED,
    at(10),
  );

describe('a key that was found Inactive', () => {
  const found = draft(
    courseOf(CREATE, exit(DEACTIVATE, 4, { status: 'deactivated', deactivatedAt: iso(4) })),
  );

  test('has no time of its deactivation, and the record says why', () => {
    expect(found.oldKey?.deactivated).toBeNull();
    expect(found.unknown).toContainEqual({ field: 'oldKey.deactivated', why: 'found-so' });
  });

  test('is not Active any more, whoever has set it so', () => {
    expect(found.oldestActiveKey?.accessKeyId).toBe(NEW);
  });

  test('differs from one that this execution has set Inactive', () => {
    const done = exit(DEACTIVATE, 4, {
      status: 'deactivated',
      deactivatedAt: iso(4),
      deactivatedHere: true,
    });
    expect(draft(courseOf(CREATE, done)).oldKey?.deactivated).toEqual({ at: iso(4), by: 'step' });
  });
});

describe('which key is the oldest that is Active', () => {
  const inactive = { status: 'deactivated', deactivatedAt: iso(4), deactivatedHere: true };

  test('the old one, until it is deactivated', () => {
    expect(draft(courseOf(CREATE)).oldestActiveKey).toEqual({
      accessKeyId: OLD,
      created: CREATED,
      createdSeconds: Date.parse(CREATED) / 1000,
    });
  });

  test('the old one again, when it was brought back', () => {
    const back = exit(REACTIVATE, 5, { status: 'rolled-back', reactivatedHere: true });
    expect(draft(courseOf(CREATE, exit(DEACTIVATE, 4, inactive), back)).oldestActiveKey?.accessKeyId).toBe(
      OLD,
    );
  });

  test('nobody knows, when it was rolled back and no attempt has noted that it set the key Active', () => {
    const back = exit(REACTIVATE, 5, { status: 'rolled-back' });
    const { oldestActiveKey, unknown } = draft(courseOf(CREATE, exit(DEACTIVATE, 4, inactive), back));
    expect(oldestActiveKey).toBeNull();
    expect(unknown).toContainEqual({ field: 'oldestActiveKey', why: 'not-noted-of-each' });
    expect(unknown).toContainEqual({ field: 'oldKey.reactivated', why: 'found-so' });
  });

  test('nobody knows, when another key was there that may have been discarded', () => {
    const keysFound = [
      ...STATE.keysFound,
      { accessKeyId: 'AKIAEXAMPLE000000003', status: 'Active', createDate: iso(0) },
    ];
    const crashed = exit('Create and store a new key', 2, {
      status: 'created',
      newKeySource: 'created',
      keysFound,
    });
    expect(draft(courseOf(crashed)).oldestActiveKey).toBeNull();
  });
});

describe('a step that was cut off, or has ended in an error, may have done its work', () => {
  const CUT = 'step-cut-off';
  const DELETE = 'Delete the old key';
  const NEW_STEP = 'Create and store a new key';
  const INACTIVE = { status: 'deactivated', deactivatedAt: iso(4), deactivatedHere: true };
  const DONE = exit(DEACTIVATE, 4, INACTIVE);
  const failed = (state: string, hour: number) =>
    exit(state, hour, { failure: { Error: 'States.Timeout', Cause: '' } });
  const noKeyYet = { newAccessKeyId: undefined };

  describe.each([
    ['cut off', () => []],
    ['in an error', (state: string) => [failed(state, 6)]],
  ])('%s', (how, andThen) => {
    test.each<[string, readonly ToldEvent[], string, object, readonly string[]]>([
      ['create-access-key', [], NEW_STEP, noKeyYet, ['newKey']],
      ['test-access-key', [CREATE], 'Test the new key', {}, ['newKey', 'newKey.tested']],
      ['deactivate-access-key', [CREATE], DEACTIVATE, {}, ['oldKey.deactivated']],
      ['reactivate-access-key', [CREATE, DONE], REACTIVATE, INACTIVE, ['oldKey.reactivated', 'hold']],
      ['delete-access-key', [CREATE, DONE], DELETE, INACTIVE, ['oldKey.deleted']],
    ])('%s', (step, before, state, data, fields) => {
      const { unknown, oldestActiveKey, lastStep } = draft(
        courseOf(...before, enter(state, 5, data), ...andThen(state)),
      );
      expect(oldestActiveKey).toBeNull();
      const missing = unknown.filter(({ why }) => why === CUT).map(({ field }) => field);
      expect(missing).toEqual(
        expect.arrayContaining([
          ...fields,
          'oldestActiveKey',
          ...(how === 'cut off' ? ['lastStep.status'] : []),
        ]),
      );
      expect(missing.includes('lastStep.status')).toBe(how === 'cut off');
      expect(lastStep).toMatchObject({ step, status: null, at: how === 'cut off' ? iso(5) : iso(6) });
    });
  });

  test('so may the publication, which leaves every key as it is', () => {
    const { unknown, oldestActiveKey } = draft(courseOf(CREATE, enter('Publish the new key', 5, {})));
    expect(unknown).toContainEqual({ field: 'newKey.published', why: CUT });
    expect(oldestActiveKey?.accessKeyId).toBe(OLD);
  });

  test('and the rollback that a person has asked for', () => {
    const rollback = { error: null, reason: 'a job fails' };
    const { rollback: found, unknown } = draft(
      courseOf(CREATE, DONE, enter(REACTIVATE, 5, { ...INACTIVE, rollback })),
    );
    expect(found?.doneAt).toBeNull();
    expect(unknown).toContainEqual({ field: 'rollback.doneAt', why: CUT });
  });

  test('how long a leaked key was Active is not known either', () => {
    const input = { userName: 'alice', action: 'emergency', accessKeyId: OLD, reason: 'in a log' };
    const { emergency, unknown } = draft(courseOf(CREATE, enter(DEACTIVATE, 5, {})), { input });
    expect(emergency).toEqual({ accessKeyId: OLD, secondsToInactive: null });
    expect(unknown).toContainEqual({ field: 'trace', why: 'not-traced' });
    expect(unknown).toContainEqual({ field: 'emergency.secondsToInactive', why: CUT });
  });

  test('once it has ended with a status, what it has noted is all there is', () => {
    const again = courseOf(
      CREATE,
      enter(DEACTIVATE, 3, {}),
      failed(DEACTIVATE, 3),
      enter(DEACTIVATE, 4, {}),
      DONE,
    );
    const { oldKey, oldestActiveKey, unknown } = draft(again);
    expect(oldKey?.deactivated).toEqual({ at: iso(4), by: 'step' });
    expect(oldestActiveKey?.accessKeyId).toBe(NEW);
    expect(unknown.filter(({ why }) => why === CUT)).toEqual([]);
  });
});

describe('a leaked key may be deleted to make room for the new one', () => {
  const rotation = { ...STATE.rotation, leakedAccessKeyIds: [OLD] };
  const other = { accessKeyId: 'AKIAEXAMPLE000000003', status: 'Inactive', createDate: iso(0) };
  const created = (keysFound: readonly object[]) =>
    draft(
      courseOf(
        exit('Create and store a new key', 2, {
          status: 'created',
          newKeySource: 'created',
          rotation,
          keysFound,
        }),
      ),
    );

  test('where there are two: then nobody knows whether it is there', () => {
    const { oldKey, oldestActiveKey, unknown } = created([...STATE.keysFound, other]);
    expect(oldKey?.deleted).toBeNull();
    expect(oldestActiveKey).toBeNull();
    expect(unknown.map(({ field }) => field)).toEqual(
      expect.arrayContaining(['oldKey.deleted', 'oldestActiveKey']),
    );
  });

  test('and not where it is the only one', () => {
    const { oldestActiveKey, unknown } = created(STATE.keysFound);
    expect(oldestActiveKey?.accessKeyId).toBe(OLD);
    expect(unknown.map(({ field }) => field)).not.toContain('oldKey.deleted');
  });
});

test('an acknowledgement has the time of the first check that got it', () => {
  const given = { acknowledgement: { given: true } };
  const { acknowledgement } = draft(
    courseOf(
      exit(CHECK, 3, { status: 'ask-acknowledgement' }),
      enter(CHECK, 5, given),
      exit(CHECK, 5, { ...given, status: 'wait-for-window' }),
      enter(CHECK, 8, given),
    ),
  );
  expect(acknowledgement).toMatchObject({ askedAt: iso(3), answeredAt: iso(5), result: 'given' });
});

test('adoption that is not settled any more has no ground', () => {
  const settled = exit(CHECK, 3, { status: 'wait-for-window', adoption: { ground: 'moved' } });
  expect(draft(courseOf(settled)).adoption).toMatchObject({ checks: 1, ground: 'moved' });
  const again = exit(CHECK, 5, { status: 'wait-for-consumers' });
  expect(draft(courseOf(settled, again)).adoption).toMatchObject({ checks: 2, ground: null });
});

describe('whether CloudTrail bears out who is said to have started it', () => {
  const shown = (role: string | undefined): TrailAnswer => ({
    kind: 'shown',
    starter: { identity: 'arn:aws:sts::111122223333:assumed-role/x/y', role },
  });
  const SCHEDULE = { userName: 'alice', trigger: 'schedule' };
  const OTHER = 'arn:aws:iam::111122223333:role/somebody';

  test.each([
    ['a person with a role', { userName: 'alice' }, OTHER, true],
    ['a person without one', { userName: 'alice' }, undefined, true],
    ['the schedule, that says to be a person', { userName: 'alice' }, SCHEDULER_ROLE, false],
    ['a declaration, that says to be a person', { userName: 'alice' }, EMERGENCY_ROLE, false],
    ['the schedule', SCHEDULE, SCHEDULER_ROLE, true],
    ['somebody, who says to be the schedule', SCHEDULE, OTHER, false],
    ['somebody, whose input is not admitted', { user: 'alice' }, OTHER, null],
  ])('%s', (_who, input, role, bornOut) => {
    expect(draft(courseOf(), { input, answer: shown(role) }).startedBy.bornOut).toBe(bornOut);
  });
});

test('data of a state that are not understood are counted, and nothing is made of them', () => {
  const odd: ToldEvent = { kind: 'entered', state: DEACTIVATE, at: at(3), data: undefined };
  expect(draft(courseOf(odd))).toMatchObject({ oldKey: null, history: { notUnderstood: 1 } });
});
