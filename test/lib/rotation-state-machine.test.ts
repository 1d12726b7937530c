import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_NAMES } from '../../lambdas/shared/contract/errors';
import { STEP_NAMES, stepPlaceholder } from '../../lambdas/shared/contract/steps';
import {
  executionTimeoutSeconds,
  readDefinition,
  readEmergencyDefinition,
  toldErrorNames,
} from '../../lib/rotation-state-machine';
import { FUNCTION_FOLDERS } from '../support/function-folders';
import { resourceOf, resourcesOf, resourceText, statementsOf, templateOf } from './synthesize';

interface StateMachine {
  readonly DefinitionString: string;
  readonly DefinitionSubstitutions: Readonly<Record<string, unknown>>;
}

const template = templateOf({ users: [{ userName: 'alice' }] });
const stateMachine = resourceOf(template, 'AWS::StepFunctions::StateMachine', 'StateMachine').Properties;
const emergency = resourceOf(template, 'AWS::StepFunctions::StateMachine', 'Emergency').Properties;
const definition = readDefinition();
const substitutions: Record<string, unknown> = stateMachine.DefinitionSubstitutions;

/** A deployed definition, with the integrations of a partition put in. */
const deployedIn = (partition: string, { DefinitionString, DefinitionSubstitutions }: StateMachine): string =>
  DefinitionString.replace(/\$\{(\w+)\}/g, (placeholder, name: string) => {
    const arn = resourceText(DefinitionSubstitutions[name]).replace('$' + '{AWS::Partition}', partition);
    return arn.includes(':states:::') ? arn : placeholder;
  });

const placeholdersOf = (text: string): readonly string[] =>
  [...new Set([...text.matchAll(/\$\{([^}]+)\}/g)].map(([, name = '']) => name))].sort();

describe.each([
  ['the rotation', stateMachine, definition],
  ['the declaration', emergency, readEmergencyDefinition()],
])('the definition of %s', (_what, machine, inTheRepository) => {
  test('is deployed as it is in the repository, without its white space', () => {
    expect(deployedIn('aws', machine)).toBe(JSON.stringify(JSON.parse(inTheRepository)));
  });

  test.each(['aws-cn', 'aws-us-gov'])('has no resource of another partition in %s', (partition) => {
    expect(inTheRepository).toContain('arn:aws:');
    const elsewhere = JSON.stringify(JSON.parse(inTheRepository)).replaceAll('arn:aws:', `arn:${partition}:`);
    expect(deployedIn(partition, machine)).toBe(elsewhere);
  });

  test('has a value for each placeholder, and for no other', () => {
    expect(placeholdersOf(machine.DefinitionString)).toEqual(
      Object.keys(machine.DefinitionSubstitutions).sort(),
    );
  });
});

test('placeholders of the definition, steps and step folders are the same', () => {
  const lambdas = join(__dirname, '../../lambdas');
  const folders = readdirSync(lambdas).filter((name) => existsSync(join(lambdas, name, 'handler.ts')));
  expect(folders.sort()).toEqual([...FUNCTION_FOLDERS].sort());
  expect(placeholdersOf(definition)).toEqual(
    [
      ...STEP_NAMES.map(stepPlaceholder),
      ...['Region', 'AccountId', 'RunbookUrl', 'NotificationTopicArn', 'EventBusName'],
    ].sort(),
  );
});

test('each placeholder stands for the function of its own step', () => {
  for (const step of STEP_NAMES) {
    expect(resourceText(substitutions[stepPlaceholder(step)])).toMatch(
      new RegExp(`^AccessKeyRotationSteps${stepPlaceholder(step)}[0-9A-F]{8}\\.Arn$`),
    );
  }
  expect(resourceText(substitutions.NotificationTopicArn)).toMatch(/Notifications/);
});

test('is a standard state machine, with the name that the permission to look up its executions expects', () => {
  expect(stateMachine.StateMachineName).toBe('IamAccessKeyRotation');
  expect(stateMachine.StateMachineType).toBe('STANDARD');
});

describe('the state machine of emergencies', () => {
  test('has a name by which the plan recognises it', () => {
    expect(emergency.StateMachineName).toBe('IamAccessKeyRotation-emergency');
    expect(emergency.StateMachineType).toBe('STANDARD');
  });

  test('starts the rotations of this stack', () => {
    expect(resourceText(emergency.DefinitionSubstitutions.RotationStateMachineArn)).toMatch(
      /^AccessKeyRotationStateMachine[0-9A-F]{8}$/,
    );
  });

  test('may start rotations, publish to the topic, send its own events, and have its log delivered', () => {
    const statements = statementsOf(template, 'EmergencyRole').map(({ actions, resources }) => [
      actions,
      resources.map(resourceText),
    ]);
    expect(statements).toEqual([
      [['states:StartExecution'], [resourceText(emergency.DefinitionSubstitutions.RotationStateMachineArn)]],
      [['sns:Publish'], [resourceText(substitutions.NotificationTopicArn)]],
      [
        ['events:PutEvents'],
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders.
        ['arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default'],
      ],
      [expect.arrayContaining(['logs:CreateLogDelivery']), ['*']],
    ]);
  });
});

test('logs every transition and no data', () => {
  expect(stateMachine.LoggingConfiguration).toMatchObject({ IncludeExecutionData: false, Level: 'ALL' });
  expect(resourceOf(template, 'AWS::Logs::LogGroup', 'StateMachineLogs')).toMatchObject({
    Properties: {
      LogGroupName: {
        'Fn::Join': [
          '',
          [
            '/aws/vendedlogs/states/IamAccessKeyRotation/',
            { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] },
          ],
        ],
      },
      RetentionInDays: 365,
    },
    DeletionPolicy: 'RetainExceptOnCreate',
  });
});

test('may run the nine functions, publish to the topic, send its own events, and have its log delivered', () => {
  const statements = statementsOf(template, 'StateMachineRole').map(({ actions, resources, conditions }) => [
    actions,
    resources.map(resourceText),
    ...(conditions === undefined ? [] : [conditions]),
  ]);
  expect(statements).toEqual([
    [
      ['lambda:InvokeFunction'],
      STEP_NAMES.map((step) => resourceText(substitutions[stepPlaceholder(step)])).sort(),
    ],
    [['sns:Publish'], [resourceText(substitutions.NotificationTopicArn)]],
    [
      ['events:PutEvents'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholders.
      ['arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default'],
      {
        'ForAllValues:StringEquals': { 'events:source': 'iam-access-key-rotation' },
        Null: { 'events:source': 'false' },
      },
    ],
    [
      [
        'logs:CreateLogDelivery',
        'logs:DeleteLogDelivery',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'logs:GetLogDelivery',
        'logs:ListLogDeliveries',
        'logs:PutResourcePolicy',
        'logs:UpdateLogDelivery',
      ],
      ['*'],
    ],
  ]);
});

test('may ask the validators that are configured, each by its ARN, and no other function', () => {
  const arn = (name: string) => `arn:aws:lambda:eu-west-1:111122223333:function:${name}`;
  const users = ['shop', 'shop', 'mail:live', undefined].map((name, index) => ({
    userName: `user-${index}`,
    ...(name !== undefined && { validator: arn(name) }),
  }));
  const invocations = statementsOf(templateOf({ users }), 'StateMachineRole')
    .filter(({ actions }) => actions.includes('lambda:InvokeFunction'))
    .map(({ resources }) => resources.map(resourceText));
  expect(invocations).toHaveLength(2);
  expect(invocations[1]).toEqual([arn('mail:live'), arn('shop')]);
});

test('a hundred validators with the longest names fit', () => {
  const users = Array.from({ length: 100 }, (_, index) => ({
    userName: `user-${index}`,
    validator: `arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:${String(index).padStart(64, 'f')}:${'a'.repeat(128)}`,
  }));
  const policies = Object.values(resourcesOf(templateOf({ users }), 'AWS::IAM::ManagedPolicy')).filter(
    ({ Properties }) => JSON.stringify(Properties.PolicyDocument).includes(':aaaa'),
  );
  expect(policies.length).toBeLessThanOrEqual(10);
  for (const { Properties } of policies) {
    expect(JSON.stringify(Properties.PolicyDocument).length).toBeLessThanOrEqual(6144);
  }
});

test('its role serves this state machine of this account only', () => {
  const { AssumeRolePolicyDocument } = resourceOf(template, 'AWS::IAM::Role', 'StateMachineRole').Properties;
  expect(AssumeRolePolicyDocument.Statement).toEqual([
    {
      Action: 'sts:AssumeRole',
      Effect: 'Allow',
      Principal: { Service: 'states.amazonaws.com' },
      Condition: {
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        ArnEquals: {
          'aws:SourceArn': {
            'Fn::Sub':
              'arn:$' +
              '{AWS::Partition}:states:$' +
              '{AWS::Region}:$' +
              '{AWS::AccountId}:stateMachine:IamAccessKeyRotation',
          },
        },
      },
    },
  ]);
});

test('the time limit of an execution is read from the definition', () => {
  expect(executionTimeoutSeconds(definition)).toBe(JSON.parse(definition).TimeoutSeconds);
  expect(executionTimeoutSeconds('{"TimeoutSeconds":60}')).toBe(60);
});

test.each(['{}', '{"TimeoutSeconds":0}', '{"TimeoutSeconds":"60"}'])(
  'a definition %s has no time limit',
  (text) => {
    expect(() => executionTimeoutSeconds(text)).toThrow('TimeoutSeconds');
  },
);

test('reported errors are those that steps throw, those that definitions explain, and those that are retried', () => {
  const names = toldErrorNames(
    JSON.stringify({
      States: {
        A: {
          Retry: [
            { ErrorEquals: ['TransientServiceError', 'Lambda.Unknown'] },
            { ErrorEquals: ['States.ALL'] },
          ],
        },
        B: { Type: 'Pass' },
        C: { Type: 'Pass', Parameters: { 'Error.$': '$.failure.Error', failure: 'of another kind' } },
        D: { Type: 'Pass', Parameters: { Error: 'NotStarted' } },
      },
    }),
    JSON.stringify({ States: { E: { Type: 'Pass', Parameters: { failure: { Error: 'NotComplete' } } } } }),
  );
  expect(names).toEqual([...ERROR_NAMES, 'NotStarted', 'NotComplete', 'Lambda.Unknown']);
});
