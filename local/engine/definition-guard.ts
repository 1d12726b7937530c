import { join } from 'node:path';
import validateAsl from 'asl-validator';
import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import { ContentCache, contentKey, PACKAGE_FILES } from '../../lib/code/content-cache';

/** The definition has features that the local engine would ignore or treat differently. The message lists them. */
export class DefinitionRefused extends Error {
  override readonly name = 'DefinitionRefused';

  constructor(readonly problems: readonly string[]) {
    super(
      `The local engine cannot run this state machine definition faithfully:\n${problems
        .map((problem) => `  - ${problem}`)
        .join('\n')}`,
    );
  }
}

/** The parts of the context object that executions get here. Any path below Input is allowed. */
const SUPPLIED_CONTEXT =
  /^\$\$\.(Execution\.(Id|Name|RoleArn|RedriveCount|StartTime|Input(\.[A-Za-z_]\w*)*)|StateMachine\.(Id|Name))$/;

/** `$`, or names after dots, and at the end one place in a list. Anything more is jsonpath-plus's own dialect. */
const PLAIN_PATH = /^\$((\.[A-Za-z_]\w*)*|(\.[A-Za-z_]\w*)+\[\d+\])$/;
/** A path to write to. For `$`, the engine would write to a field named `$`. */
const PLAIN_RESULT_PATH = /^\$(\.[A-Za-z_]\w*)+$/;

/** The functions whose results were compared with the documentation. */
const INTRINSICS = new Set(['States.Format', 'States.StringToJson', 'States.JsonToString']);

type Json = Readonly<Record<string, unknown>>;
type Complain = (problem: string) => void;
type FieldCheck = (value: unknown, complain: Complain) => void;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const anything: FieldCheck = () => {};

/** Also supplied, for a task that waits for its token. */
const TASK_TOKEN = '$$.Task.Token';

const path: FieldCheck = (value, complain) => {
  if (typeof value !== 'string') return;
  if (value.startsWith('$$')) {
    if (!SUPPLIED_CONTEXT.test(value)) complain(`${value} is not supplied by the runner`);
  } else if (!PLAIN_PATH.test(value)) {
    complain(`${JSON.stringify(value)} is not a plain path such as $.a.b`);
  }
};

const nullOr =
  (check: FieldCheck): FieldCheck =>
  (value, complain) => {
    if (value !== null) check(value, complain);
  };

const resultPath: FieldCheck = (value, complain) => {
  if (typeof value === 'string' && !PLAIN_RESULT_PATH.test(value)) {
    complain(`${JSON.stringify(value)} is not a plain path to a field, such as $.a.b`);
  }
};

/** An intrinsic function whose arguments the engine splits as Step Functions does. */
const intrinsic = (text: string, complain: Complain): void => {
  const call = /^(States\.\w+)\((.*)\)$/s.exec(text);
  const [, name = '', rest = ''] = call ?? [];
  if (call === null || !INTRINSICS.has(name)) {
    complain(`${JSON.stringify(text)} is neither a path nor one of ${[...INTRINSICS].join(', ')}`);
    return;
  }
  // The engine drops every backslash of a result, and counts parentheses inside literals.
  const literals = rest.match(/'[^']*'/g) ?? [];
  if (rest.includes('\\')) complain(`${name}: the engine drops backslashes`);
  if (literals.some((literal) => /[()]/.test(literal))) {
    complain(`${name}: the engine counts parentheses inside literals`);
  }
  const withoutLiterals = rest.replace(/'[^']*'/g, "''");
  for (const reference of withoutLiterals.match(/\$[^,)\s]*/g) ?? []) path(reference, complain);
  for (const nested of withoutLiterals.match(/States\.\w+/g) ?? []) {
    if (!INTRINSICS.has(nested)) complain(`${nested} was not compared with the documentation`);
  }
};

const template: FieldCheck = (value, complain) => {
  if (Array.isArray(value)) {
    for (const item of value) template(item, complain);
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      if (!key.endsWith('.$')) template(inner, complain);
      else if (typeof inner === 'string' && inner.startsWith('$')) path(inner, complain);
      else if (typeof inner === 'string') intrinsic(inner, complain);
      else complain(`${key} is not text`);
    }
  }
};

const WAITS_FOR_TOKEN = /^arn:[\w-]+:states:::events:putEvents\.waitForTaskToken$/;

const waitsForToken = (resource: unknown): boolean => WAITS_FOR_TOKEN.test(String(resource));

const resource: FieldCheck = (value, complain) => {
  if (waitsForToken(value)) return;
  if (
    !/^arn:[\w-]+:states:::(lambda:invoke|sns:publish|events:putEvents|states:startExecution)$/.test(
      String(value),
    )
  ) {
    complain(
      `${String(value)} is not lambda:invoke, sns:publish, events:putEvents or states:startExecution with a request and its answer`,
    );
  }
};

/**
 * The parameters with the task token replaced by a path that is supplied everywhere; undefined if they have
 * no token.
 */
const withoutToken = (parameters: unknown): unknown => {
  const text = JSON.stringify(parameters ?? null);
  const without = text.replaceAll(JSON.stringify(TASK_TOKEN), JSON.stringify('$$.Execution.Id'));
  return without === text ? undefined : JSON.parse(without);
};

const only =
  (fields: Readonly<Record<string, FieldCheck>>): FieldCheck =>
  (value, complain) => {
    if (!isObject(value)) return;
    for (const [name, inner] of Object.entries(value)) {
      const check = fields[name];
      if (check === undefined) complain(`${name} is ignored, or not modelled`);
      else check(inner, (problem) => complain(`${name}: ${problem}`));
    }
  };

const each =
  (check: FieldCheck): FieldCheck =>
  (value, complain) => {
    for (const [index, item] of (Array.isArray(value) ? value : []).entries()) {
      check(item, (problem) => complain(`[${index}]: ${problem}`));
    }
  };

/** A test for false never matches in the engine. */
const onlyTrue: FieldCheck = (value, complain) => {
  if (value !== true) complain('only true works');
};

const pattern: FieldCheck = (value, complain) => {
  if (/[?\\]/.test(String(value))) complain('? and \\ mean something else to the engine');
};

// Comparisons of order and of time are left out: the engine converts types where Step Functions does not
// match.
const comparison: Readonly<Record<string, FieldCheck>> = {
  Variable: path,
  StringEquals: anything,
  StringMatches: pattern,
  NumericEquals: anything,
  BooleanEquals: anything,
  IsPresent: onlyTrue,
  IsNull: onlyTrue,
  IsString: onlyTrue,
  IsNumeric: onlyTrue,
  IsBoolean: onlyTrue,
  Comment: anything,
  And: (value, complain) => each(only(comparison))(value, complain),
  Or: (value, complain) => each(only(comparison))(value, complain),
  Not: (value, complain) => only(comparison)(value, complain),
};

const retrier = only({
  ErrorEquals: anything,
  IntervalSeconds: anything,
  BackoffRate: anything,
  MaxAttempts: anything,
  MaxDelaySeconds: anything,
  JitterStrategy: anything,
  Comment: anything,
});

const catcher = only({ ErrorEquals: anything, ResultPath: resultPath, Next: anything, Comment: anything });

const jsonPath: FieldCheck = (value, complain) => {
  if (value !== 'JSONPath') complain(`${String(value)} is ignored: the engine knows only JSONPath`);
};

const common = { Type: anything, Comment: anything, QueryLanguage: jsonPath };
const flow = { ...common, Next: anything, End: anything, InputPath: nullOr(path), OutputPath: nullOr(path) };

const truthy: FieldCheck = (value, complain) => {
  if (!value) complain(`${JSON.stringify(value)} is ignored`);
};

/** Every field that the engine treats as Step Functions does, by type of state. */
const STATES: Readonly<Record<string, FieldCheck>> = {
  Task: (given, complain) => {
    const waits = isObject(given) && waitsForToken(given.Resource);
    const parameters = waits ? withoutToken(given.Parameters) : undefined;
    if (waits && parameters === undefined)
      complain(`${TASK_TOKEN} is not sent, so the task can never be answered`);
    const value = parameters === undefined ? given : { ...(given as Json), Parameters: parameters };
    only({
      ...flow,
      Resource: resource,
      Parameters: template,
      ResultSelector: template,
      ResultPath: nullOr(resultPath),
      TimeoutSeconds: anything,
      // The engine would look for it in the parameters; for these tasks the runner puts it there.
      ...(waits ? { TimeoutSecondsPath: path } : {}),
      Retry: each(retrier),
      Catch: each(catcher),
    })(value, complain);
    if (isObject(value) && value.TimeoutSeconds === undefined && value.TimeoutSecondsPath === undefined) {
      complain('TimeoutSeconds is missing: the engine takes 60 seconds, Step Functions three years');
    }
  },
  Choice: only({
    ...common,
    InputPath: nullOr(path),
    OutputPath: nullOr(path),
    Choices: each(only({ ...comparison, Next: anything })),
    Default: anything,
  }),
  Wait: only({ ...flow, Seconds: truthy, SecondsPath: path, Timestamp: anything, TimestampPath: path }),
  Pass: only({ ...flow, Result: truthy, Parameters: template, ResultPath: nullOr(resultPath) }),
  Succeed: only({ ...common, InputPath: nullOr(path), OutputPath: nullOr(path) }),
  Fail: only({ ...common, Error: anything, Cause: anything, ErrorPath: path, CausePath: path }),
};

const machine = only({
  Comment: anything,
  QueryLanguage: jsonPath,
  TimeoutSeconds: anything,
  StartAt: anything,
  Version: (value, complain) => {
    if (value !== '1.0') complain('only 1.0 is known');
  },
  States: (value, complain) => {
    for (const [name, state] of Object.entries(isObject(value) ? value : {})) {
      const type = isObject(state) ? String(state.Type) : '';
      const check = STATES[type];
      // A Map or Parallel state's inner runs get another Execution.Input from the engine, and other events.
      if (check === undefined) complain(`"${name}": states of the type ${type} are not run faithfully`);
      else check(state, (problem) => complain(`"${name}": ${problem}`));
    }
  },
});

/** Definitions that have passed, so that a test run of a thousand executions validates once. */
const accepted = new Map<string, StateMachineDefinition>();

const PROJECT = join(__dirname, '..', '..');

/** More than the tests have definitions. */
const KEPT_DEFINITIONS = 100;

/** Validating takes a second for each process that runs an execution. So what has passed is kept, with what it was judged by. */
const projectCache = (): ContentCache<StateMachineDefinition> =>
  new ContentCache(join(PROJECT, '.local', 'cache', 'definitions'), KEPT_DEFINITIONS);

/** What judges a definition: this file, and packages. */
const JUDGES = ['local/engine/definition-guard.ts', ...PACKAGE_FILES];
let judges: string | undefined;
const keyOf = (text: string): string => {
  judges ??= contentKey(PROJECT, JUDGES, {});
  return contentKey(PROJECT, [], { judges, text });
};

/** @throws DefinitionRefused */
const judged = (text: string): StateMachineDefinition => {
  const definition = JSON.parse(text) as StateMachineDefinition;
  const problems: string[] = [];
  machine(definition, (problem) => problems.push(problem));
  if (problems.length === 0) {
    const { isValid, errorsText } = validateAsl(definition, { checkArn: true, checkPaths: true });
    if (!isValid) problems.push(...errorsText('\n').split('\n'));
  }
  if (problems.length > 0) throw new DefinitionRefused(problems);
  return definition;
};

/**
 * Reads a state machine definition, and refuses everything that the engine (aws-local-stepfunctions 3.0.0) is
 * not known to run exactly as Step Functions does.
 *
 * One difference remains, because it lies in data: results of intrinsic functions lose their backslashes.
 * Here it can only show in the text of a message.
 *
 * @param cache - Where definitions that have passed are kept. Default: a directory of the project that git ignores.
 * @throws DefinitionRefused
 */
export const parseDefinition = (text: string, cache = projectCache()): StateMachineDefinition => {
  const known = accepted.get(text);
  if (known !== undefined) return known;
  const key = keyOf(text);
  const kept = cache.get(key);
  const definition = kept ?? judged(text);
  if (kept === undefined) cache.set(key, definition);
  accepted.set(text, definition);
  return definition;
};
