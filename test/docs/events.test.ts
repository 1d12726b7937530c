import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import schema from '../../docs/events.schema.json';
import { RestartOnNewKey } from '../../docs/examples/restart-ecs-service';
import type { FaultInjection } from '../../embedded-aws/calls/faults';
import type { BusEvent } from '../../embedded-aws/services/event-bridge';
import { SURVEY_EVENT } from '../../lambdas/shared/contract/names';
import { withRegion } from '../../tools/docs/region';
import { PAGE_FILE } from '../lambdas/messages/draw';
import { type AliceOptions, type AliceWorld, SHORT_PERIODS, worldOfAlice } from '../support/alice';
import { HOUR } from '../support/time';

/*
 * What docs/events.md promises to whoever writes a rule, held against the events of whole rotations.
 */

const DOCS = join(__dirname, '..', '..', 'docs');
const page = readFileSync(join(DOCS, 'events.md'), 'utf8');
const documented = z.fromJSONSchema(schema as z.core.JSONSchema.JSONSchema);

let world: AliceWorld | undefined;
afterEach(() => world?.close());

const begin = (config: Readonly<Record<string, unknown>> = {}, options?: AliceOptions): AliceWorld => {
  world = worldOfAlice({ ...SHORT_PERIODS, ...config }, { wire: 'full', ...options });
  return world;
};

/** A rotation with a consumer that reads the secret every half hour, and its events. */
const rotated = async (
  config?: Readonly<Record<string, unknown>>,
  options?: AliceOptions,
  prepare: (created: AliceWorld) => void = () => {},
): Promise<readonly BusEvent[]> => {
  const created = begin(config, options);
  created.consume({ every: HOUR / 2 });
  prepare(created);
  await created.execute();
  return created.aws.eventBridge.events;
};

const typesOf = (events: readonly BusEvent[]) => events.map((event) => event['detail-type']);

const expectDocumented = (events: readonly BusEvent[]): void => {
  for (const event of events) {
    expect([event, documented.safeParse(event).error?.message]).toEqual([event, undefined]);
  }
};

/** EventBridge User Guide, event patterns: a list matches a value that it contains, an object its fields. */
const matches = (
  pattern: Readonly<Record<string, unknown>>,
  event: Readonly<Record<string, unknown>>,
): boolean =>
  Object.entries(pattern).every(([field, wanted]) =>
    Array.isArray(wanted)
      ? wanted.includes(event[field])
      : matches(wanted as Readonly<Record<string, unknown>>, (event[field] ?? {}) as Record<string, unknown>),
  );

describe('the events of a rotation', () => {
  test('from publication to deletion are as documented, and tell one story', async () => {
    const events = await rotated();
    expect(typesOf(events)).toEqual([
      'Access Key Published',
      'Access Key Adoption Confirmed',
      'Access Key Deactivated',
      'Access Key Deleted',
    ]);
    expectDocumented(events);
    const [published] = events;
    const { outcome: _outcome, ...story } = published?.detail ?? {};
    for (const { detail } of events) expect(detail).toMatchObject(story);
    expect(story).toMatchObject({ userName: 'alice', newAccessKeyId: world?.current() });
    expect(published?.resources).toEqual([story.execution, world?.stateMachine.arn]);
    expect(events.map(({ detail }) => detail.outcome)).toEqual([
      expect.stringMatching(/The secret now holds/),
      expect.stringMatching(/Programs of alice have moved to the new key/),
      expect.stringMatching(/is Inactive/),
      expect.stringMatching(/rotation is complete/),
    ]);
  });

  test('ask for an acknowledgement where the owner wants it', async () => {
    const events = await rotated({ acknowledgement: { deadline: 'P1D' } });
    expect(typesOf(events)).toEqual([
      'Access Key Published',
      'Access Key Acknowledgement Requested',
      'Access Key Rolled Back',
      'Access Key Rotation Failed',
    ]);
    expectDocumented(events);
  });

  test('of a first key have no old key', async () => {
    const events = await rotated({}, { key: 'none' });
    expect(typesOf(events)).toEqual(['Access Key Published', 'Access Key Deleted']);
    expectDocumented(events);
    expect(events.map(({ detail }) => detail.oldAccessKeyId)).toEqual([null, null]);
  });

  test('of an emergency tell twice what the leaked key did', async () => {
    const created = begin();
    const leaked = created.current();
    created.aws.callWith(leaked, {
      eventSource: 'sts.amazonaws.com',
      eventName: 'GetSessionToken',
      region: 'us-east-1',
      readOnly: true,
      responseElements: { credentials: { accessKeyId: 'ASIASESSIONSESSION00' } },
    });
    await created.execute({
      userName: 'alice',
      action: 'emergency',
      accessKeyId: leaked,
      reason: 'in a log',
    });
    const { events } = created.aws.eventBridge;
    expect(typesOf(events)).toEqual([
      'Access Key Published',
      'Access Key Deactivated',
      'Leaked Access Key Traced',
      'Leaked Access Key Traced',
      'Access Key Deleted',
    ]);
    expectDocumented(events);
    const traces = events.flatMap(({ detail }) => (detail.trace === undefined ? [] : [detail.trace]));
    expect(traces).toMatchObject([
      { looks: 1, calls: 0 },
      { looks: 2, calls: 1, sessions: { count: 1, latest: [{ accessKeyId: 'ASIASESSIONSESSION00' }] } },
    ]);
  });

  test('that is rolled back tell so, and then that it failed', async () => {
    const events = await rotated({ healthAlarms: ['errors'] }, {}, ({ aws }) => {
      aws.onCall(({ operation }) => {
        if (operation === 'UpdateAccessKey') aws.cloudWatch.setAlarmState('errors', 'ALARM');
      });
    });
    expect(typesOf(events).slice(2)).toEqual([
      'Access Key Deactivated',
      'Access Key Rolled Back',
      'Access Key Rotation Failed',
    ]);
    expectDocumented(events);
    expect(events.at(-1)?.detail).toMatchObject({
      error: 'ConsumersUnhealthy',
      message: expect.stringContaining(String(events.at(-2)?.detail.outcome).split(/(?<=\.) /)[0] ?? ''),
      input: { userName: 'alice' },
    });
  });

  test.each<[string, unknown, string]>([
    ['nobody', {}, 'InvalidRotationInput'],
    ['a user who is not enrolled', { userName: 'bob' }, 'UserNotEnrolled'],
  ])('that was started for %s tell of the failure with what little is known', async (_whom, input, error) => {
    const { aws, execute } = begin();
    const { cause } = await execute(input);
    const { events } = aws.eventBridge;
    expectDocumented(events);
    expect(events).toMatchObject([
      { 'detail-type': 'Access Key Rotation Failed', detail: { error, message: cause } },
    ]);
  });
});

describe('an event never stops a rotation', () => {
  test.each<[string, FaultInjection]>([
    ['throttled for ever', { kind: 'throttle' }],
    ['forbidden', { kind: 'error', code: 'AccessDeniedException', status: 400 }],
    ['swallowed for hours', { kind: 'delay', ms: 5 * HOUR }],
  ])('when all of them are %s', async (_how, fault) => {
    await rotated({}, {}, ({ aws }) => {
      aws.faults.inject({ ...fault, times: 999, match: ({ service }) => service === 'events' });
    });
    expect(world?.statuses()).toHaveLength(1);
    expect(world?.told()).toEqual([]);
  });

  test('and a failure is told to a person all the same', async () => {
    const { execute, throttle, told } = begin();
    throttle('events');
    expect(await execute({ userName: 'bob' })).toMatchObject({ error: 'UserNotEnrolled' });
    expect(told()).toHaveLength(1);
  });
});

test.each([
  ['nothing is wrong', () => {}],
  ['something is', ({ aws }: AliceWorld) => aws.iam.addAccessKey('alice', { createDate: aws.clock.now() })],
])('the event of a survey is as documented when %s', async (...[, change]) => {
  const created = begin();
  await created.execute();
  change(created);
  await created.run(() => created.survey());
  const events = created.aws.eventBridge.events.slice(-1);
  expect(typesOf(events)).toEqual([SURVEY_EVENT]);
  expectDocumented(events);
});

describe('docs/events.md', () => {
  const examples = [...page.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => JSON.parse(text));

  const ofRotations = examples.filter((example) => example['detail-type'] !== SURVEY_EVENT);

  test('has an example of each event, and each is as documented', () => {
    const types = Object.values(schema.$defs).flatMap((definition) =>
      'source' in definition.properties ? definition.properties['detail-type'].const : [],
    );
    expect(typesOf(examples)).toEqual(types);
    expectDocumented(examples);
    for (const type of types) expect(page).toMatch(new RegExp(`^\\| \`${type}\` +\\|`, 'm'));
  });

  /** The sentences of a text, without what differs from one rotation to the next: times, Regions, names of alarms. */
  const sentencesOf = (text: string): readonly string[] =>
    text
      .replaceAll(/\w{3} \d+ \w+ \d{4}, \d\d:\d\d \S+ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)/g, 'then')
      .replaceAll(/\b[a-z]{2}-[a-z]+-\d\b/g, 'there')
      .replaceAll(/(in ALARM: )[a-z-]+/g, '$1these')
      .split(/(?<=\.) |\n/)
      .filter((line) => line !== '');

  test('shows outcomes and messages that the functions have, cut short at most', () => {
    const said = new Set(sentencesOf(readFileSync(PAGE_FILE, 'utf8').replaceAll(/^> /gm, '')));
    for (const { detail } of ofRotations) {
      const shown = sentencesOf(String(detail.outcome ?? detail.message)).filter((text) => text !== '…');
      expect(shown.filter((sentence) => !said.has(sentence))).toEqual([]);
    }
  });

  test('names every event that the definition announces', () => {
    const definition = readFileSync(join(DOCS, '..', 'state-machine/access-key-rotation.asl.json'), 'utf8');
    const announced = [...definition.matchAll(/"DetailType": "(.*?)"/g)].map(([, type]) => type);
    expect([...new Set(announced)].sort()).toEqual(typesOf(ofRotations).sort());
  });

  test('shows the example rule as it is', () => {
    const rule = readFileSync(join(DOCS, 'examples/restart-ecs-service.ts'), 'utf8');
    expect(withRegion(page, 'restart', `\`\`\`ts\n${rule}\`\`\``)).toBe(page);
  });

  test.each([
    ['another field', { extra: 1 }],
    ['a key of no kind', { oldAccessKeyId: 7 }],
    ['nobody', { userName: undefined }],
  ])('its schema refuses an event with %s', (_what, changes) => {
    const [example] = examples;
    expect(documented.safeParse({ ...example, detail: { ...example.detail, ...changes } }).success).toBe(
      false,
    );
  });
});

describe('the example rule', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Restart');
  new RestartOnNewKey(stack, 'RestartShop', { userName: 'alice', cluster: 'prod', service: 'shop' });
  const template = Template.fromStack(stack);

  test('matches the publication of the key of its user, and nothing else', async () => {
    const [rule] = Object.values(template.findResources('AWS::Events::Rule'));
    const pattern = rule?.Properties.EventPattern as Readonly<Record<string, unknown>>;
    const events = await rotated();
    const matched = events.filter((event) => matches(pattern, { ...event }));
    expect(typesOf(matched)).toEqual(['Access Key Published']);
    const [published] = matched;
    expect(matches(pattern, { ...published, detail: { ...published?.detail, userName: 'bob' } })).toBe(false);
  });

  test('restarts that service, and may do nothing else', () => {
    const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
    expect(JSON.stringify(machine?.Properties.DefinitionString)).toMatch(
      /aws-sdk:ecs:updateService.*Cluster.*prod.*Service.*shop.*ForceNewDeployment.*true/,
    );
    const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement as readonly { readonly Action: string }[],
    );
    expect(statements.map(({ Action }) => Action).sort()).toEqual([
      'ecs:updateService',
      'states:StartExecution',
    ]);
  });
});
