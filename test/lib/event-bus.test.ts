import type { Template } from 'aws-cdk-lib/assertions';
import { CHAT_EVENTS } from '../../lib/rotation-chat';
import { resourceOf, resourcesOf, resourceText, statementsOf, templateOf } from './synthesize';

const CONFIG = { notifications: { chat: true }, users: [{ userName: 'alice' }] };
const BUSES: readonly [string, Template, string | undefined][] = [
  ['the default bus', templateOf(CONFIG), undefined],
  ['a bus of the customer', templateOf({ ...CONFIG, deployment: { eventBusName: 'security' } }), 'security'],
];

interface WrittenState {
  readonly Resource?: string;
  readonly Parameters?: { readonly Entries?: readonly object[] };
}

describe.each(BUSES)('events go to %s', (_which, template, name) => {
  test.each(['StateMachine', 'Emergency'])('%s puts them there', (part) => {
    const { DefinitionSubstitutions, DefinitionString } = resourceOf(
      template,
      'AWS::StepFunctions::StateMachine',
      part,
    ).Properties;
    expect(DefinitionSubstitutions.EventBusName).toBe(name ?? 'default');
    const { States } = JSON.parse(DefinitionString) as {
      readonly States: Readonly<Record<string, WrittenState>>;
    };
    const entries = Object.values(States).flatMap(({ Resource = '', Parameters }) =>
      /^\$\{EventsPutEvents/.test(Resource) ? (Parameters?.Entries ?? []) : [],
    );
    expect(entries.length).toBeGreaterThan(0);
    for (const entry of entries) expect(entry).toMatchObject({ EventBusName: `$\{EventBusName}` });
  });

  test('the survey puts them there', () => {
    const { Environment } = resourceOf(template, 'AWS::Lambda::Function', 'SurveyFunction').Properties;
    expect(Environment.Variables.EVENT_BUS_NAME).toBe(name);
  });

  test.each(['StateMachineRole', 'EmergencyRole', 'SurveyRole'])('%s may put events there alone', (role) => {
    const put = statementsOf(template, role).filter(({ actions }) => actions.includes('events:PutEvents'));
    expect(put.flatMap(({ resources }) => resources.map(resourceText))).toEqual([
      `arn:$\{AWS::Partition}:events:$\{AWS::Region}:$\{AWS::AccountId}:event-bus/${name ?? 'default'}`,
    ]);
  });

  test('the rules of the channel are there, and those for what AWS tells are on the default bus', () => {
    const rules = Object.entries(resourcesOf(template, 'AWS::Events::Rule'));
    const busesOf = (part: string) =>
      rules.filter(([id]) => id.includes(part)).map(([, { Properties }]) => Properties.EventBusName);
    expect(busesOf('RotationChat')).toEqual(CHAT_EVENTS.map(() => name));
    expect(busesOf('RotationUntoldEnds')).toEqual([undefined, undefined]);
  });

  test('a rule that does nothing makes the deployment fail without it', () => {
    const holders = Object.entries(resourcesOf(template, 'AWS::Events::Rule'))
      .filter(([id]) => id.startsWith('AccessKeyRotationEventBus'))
      .map(([, { Properties }]) => Properties);
    const holder = {
      Description: expect.any(String),
      EventBusName: name,
      EventPattern: { source: ['iam-access-key-rotation'] },
      State: 'DISABLED',
    };
    expect(holders).toEqual(name === undefined ? [] : [holder]);
  });
});
