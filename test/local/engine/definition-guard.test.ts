import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefinitionRefused, parseDefinition } from '../../../local/engine/definition-guard';

type Json = Record<string, unknown>;

const LAMBDA = 'arn:aws:states:::lambda:invoke';

const EVENTS_WITH_TOKEN = 'arn:aws:states:::events:putEvents.waitForTaskToken';

const task = (changes: Json = {}): Json => ({
  Type: 'Task',
  Resource: LAMBDA,
  Parameters: { FunctionName: 'f', Payload: { 'state.$': '$' } },
  TimeoutSeconds: 10,
  Next: 'Last',
  ...changes,
});

const machine = (first: Json, changes: Json = {}): Json => ({
  StartAt: 'First',
  States: { First: first, Last: { Type: 'Succeed' } },
  ...changes,
});

const choice = (rule: Json): Json =>
  machine({ Type: 'Choice', Choices: [{ ...rule, Next: 'Last' }], Default: 'Last' });

const problemsOf = (definition: Json): string => {
  try {
    parseDefinition(JSON.stringify(definition));
    return 'accepted';
  } catch (error) {
    if (error instanceof DefinitionRefused) return error.message;
    throw error;
  }
};

test('accepts the definition of this project', () => {
  const text = readFileSync(
    join(__dirname, '..', '..', '..', 'state-machine', 'access-key-rotation.asl.json'),
    'utf8',
  ).replace(
    /\$\{(\w+)\}/g,
    (_placeholder, name: string) => `arn:aws:lambda:us-east-1:111122223333:function:${name}`,
  );
  expect(Object.keys(parseDefinition(text).States).length).toBeGreaterThan(20);
});

test.each<[string, Json]>([
  ['a task', machine(task())],
  [
    'a context path that is supplied',
    machine(task({ Parameters: { 'id.$': '$$.Execution.Id', 'u.$': '$$.Execution.Input.userName' } })),
  ],
  [
    'comparisons with the same meaning',
    choice({
      And: [
        { Variable: '$.a', IsPresent: true },
        { Variable: '$.a', StringMatches: 'x*' },
      ],
    }),
  ],
  [
    'an event with a task token, and a time limit from the state',
    machine(
      task({
        Resource: EVENTS_WITH_TOKEN,
        Parameters: { Entries: [{ Detail: { 't.$': '$$.Task.Token' } }] },
        TimeoutSeconds: undefined,
        TimeoutSecondsPath: '$.seconds',
      }),
    ),
  ],
  [
    'nested intrinsic functions',
    machine(
      task({
        Parameters: { 'm.$': "States.Format('{}: {}', $.a, States.JsonToString($$.Execution.Input))" },
      }),
    ),
  ],
])('accepts %s', (_what, definition) => {
  expect(problemsOf(definition)).toBe('accepted');
});

test.each<[string, Json, RegExp]>([
  ['JSONata', machine(task(), { QueryLanguage: 'JSONata' }), /QueryLanguage: JSONata is ignored/],
  [
    'JSONata in one state',
    machine(task({ QueryLanguage: 'JSONata', Parameters: undefined })),
    /"First": QueryLanguage/,
  ],
  ['variables', machine(task({ Assign: { x: 1 } })), /"First": Assign is ignored/],
  ['Arguments', machine(task({ Arguments: {} })), /"First": Arguments is ignored/],
  ['Output', machine(task({ Output: {} })), /"First": Output is ignored/],
  ['Condition', choice({ Condition: '{% true %}' }), /Condition is ignored/],
  [
    'a distributed map',
    machine({
      Type: 'Map',
      End: true,
      ToleratedFailureCount: 1,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'A',
        States: { A: { Type: 'Pass', End: true } },
      },
    }),
    /states of the type Map/,
  ],
  [
    'parallel branches',
    machine({
      Type: 'Parallel',
      End: true,
      Branches: [{ StartAt: 'A', States: { A: { Type: 'Pass', End: true } } }],
    }),
    /states of the type Parallel/,
  ],
  ['heartbeats', machine(task({ HeartbeatSeconds: 5 })), /HeartbeatSeconds is ignored/],
  [
    'credentials',
    machine(task({ Credentials: { RoleArn: 'arn:aws:iam::111122223333:role/x' } })),
    /Credentials is ignored/,
  ],
  [
    'a callback',
    machine(task({ Resource: `${LAMBDA}.waitForTaskToken` })),
    /waitForTaskToken is not lambda:invoke/,
  ],
  [
    'a callback that can never be made',
    machine(task({ Resource: EVENTS_WITH_TOKEN })),
    /\$\$\.Task\.Token is not sent/,
  ],
  [
    'a callback without a time limit',
    machine(
      task({
        Resource: EVENTS_WITH_TOKEN,
        Parameters: { 't.$': '$$.Task.Token' },
        TimeoutSeconds: undefined,
      }),
    ),
    /TimeoutSeconds is missing/,
  ],
  [
    'a time limit from the state elsewhere',
    machine(task({ TimeoutSeconds: undefined, TimeoutSecondsPath: '$.seconds' })),
    /TimeoutSecondsPath is ignored/,
  ],
  [
    'another execution',
    machine(task({ Resource: 'arn:aws:states:::states:startExecution.sync:2' })),
    /is not lambda:invoke/,
  ],
  [
    'a service of the SDK',
    machine(task({ Resource: 'arn:aws:states:::aws-sdk:iam:createAccessKey' })),
    /is not lambda:invoke/,
  ],
  ['a task without a time limit', machine(task({ TimeoutSeconds: undefined })), /TimeoutSeconds is missing/],
  [
    'a context path without a value',
    machine(task({ Parameters: { 'n.$': '$$.State.Name' } })),
    /\$\$\.State\.Name is not supplied/,
  ],
  [
    'a task token',
    machine(task({ Parameters: { 't.$': '$$.Task.Token' } })),
    /\$\$\.Task\.Token is not supplied/,
  ],
  [
    'a context path in an intrinsic function',
    machine(task({ Parameters: { 't.$': "States.Format('{}', $$.State.EnteredTime)" } })),
    /EnteredTime is not supplied/,
  ],
  ['a filter', machine(task({ InputPath: '$.a[?(@.b)]' })), /is not a plain path/],
  ['a deep scan', machine(task({ OutputPath: '$..a' })), /is not a plain path/],
  [
    'a result that replaces everything',
    machine(task({ ResultPath: '$' })),
    /ResultPath: "\$" is not a plain path/,
  ],
  [
    'an intrinsic function without proof',
    machine(task({ Parameters: { 'h.$': "States.Hash($.a, 'MD5')" } })),
    /is neither a path nor one of/,
  ],
  [
    'a nested one',
    machine(task({ Parameters: { 'h.$': "States.Format('{}', States.UUID())" } })),
    /States\.UUID was not compared/,
  ],
  [
    'backslashes in an intrinsic function',
    machine(task({ Parameters: { 'h.$': "States.Format('\\\\{}', $.a)" } })),
    /drops backslashes/,
  ],
  [
    'parentheses in a literal',
    machine(task({ Parameters: { 'h.$': "States.Format('({}', $.a)" } })),
    /counts parentheses/,
  ],
  ['a test for absence', choice({ Variable: '$.a', IsPresent: false }), /IsPresent: only true works/],
  ['an order of text', choice({ Variable: '$.a', StringLessThan: 'b' }), /StringLessThan is ignored/],
  [
    'a comparison of times',
    choice({ Variable: '$.a', TimestampLessThan: '2026-01-01T00:00:00Z' }),
    /TimestampLessThan is ignored/,
  ],
  ['a single-character wildcard', choice({ Variable: '$.a', StringMatches: 'a?' }), /mean something else/],
  ['a wait of no seconds', machine({ Type: 'Wait', Seconds: 0, End: true }), /Seconds: 0 is ignored/],
  ['an empty result', machine({ Type: 'Pass', Result: '', End: true }), /Result: "" is ignored/],
  [
    'an error computed by an intrinsic function',
    machine({ Type: 'Fail', ErrorPath: "States.Format('{}', $.a)" }),
    /ErrorPath/,
  ],
  ['a state that is missing', machine(task({ Next: 'Nowhere' })), /MISSING_TRANSITION_TARGET/],
])('refuses %s', (_what, definition, problem) => {
  expect(problemsOf(definition)).toMatch(problem);
});

test('lists every problem', () => {
  const definition = machine(task({ HeartbeatSeconds: 5, Assign: {} }), { QueryLanguage: 'JSONata' });
  expect(problemsOf(definition).split('\n  - ').length).toBeGreaterThanOrEqual(4);
});
