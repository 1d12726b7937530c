/**
 * Draws the flow of a rotation, from the state machine definition, into the marked region of docs/architecture.md:
 *
 *     npx tsx tools/docs/flow.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STEPS } from '../../lambdas/shared/rotation/step-table';
import { withRegion } from './region';

const ROOT = join(__dirname, '..', '..');
const ARCHITECTURE_FILE = join(ROOT, 'docs', 'architecture.md');
const DEFINITION_FILE = join(ROOT, 'state-machine', 'access-key-rotation.asl.json');

interface Comparison {
  readonly Variable?: string;
  readonly StringEquals?: string;
}

/** The rule of a Choice state. */
interface ChoiceRule extends Comparison {
  readonly Next: string;
  readonly And?: readonly Comparison[];
}

/** The parts of a state that the picture shows. */
interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Parameters?: { readonly FunctionName?: string };
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly ChoiceRule[];
  readonly Catch?: readonly { readonly Next: string }[];
}

interface Definition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'onward' | 'else' | 'failure';
  readonly label: string | undefined;
}

const isAnnouncement = (state: State | undefined): boolean =>
  state?.Resource?.endsWith(':events:putEvents') === true;

/** The definition without the states that only send an event: they lead to the same state in any case. */
const withoutAnnouncements = ({ StartAt, States }: Definition): Definition => {
  const beyond = (name: string): string => {
    const state = States[name];
    return isAnnouncement(state) && state?.Next !== undefined ? beyond(state.Next) : name;
  };
  const redirected = (state: State): State => ({
    ...state,
    ...(state.Next === undefined ? {} : { Next: beyond(state.Next) }),
    ...(state.Choices && { Choices: state.Choices.map((one) => ({ ...one, Next: beyond(one.Next) })) }),
  });
  const shown = Object.entries(States).filter(([, state]) => !isAnnouncement(state));
  return { StartAt, States: Object.fromEntries(shown.map(([name, state]) => [name, redirected(state)])) };
};

/** The picture's label for a rule that tests a status, and perhaps a field beside it. */
const conditionOf = ({ StringEquals, And = [] }: ChoiceRule): string | undefined => {
  if (!And.some((part) => part.StringEquals !== undefined)) return StringEquals;
  return And.map((part) => part.StringEquals ?? part.Variable?.replace('$.', '')).join(' with ');
};

const edgesOf = (from: string, state: State): readonly Edge[] => {
  const edge = (to: string | undefined, kind: Edge['kind'], label?: string): readonly Edge[] =>
    to === undefined ? [] : [{ from, to, kind, label }];
  return [
    ...edge(state.Next, 'onward'),
    ...(state.Choices ?? []).flatMap((choice) => edge(choice.Next, 'onward', conditionOf(choice))),
    ...edge(state.Default, 'else', 'else'),
    // If a failure leads to the same state as a success, one arrow is enough.
    ...(state.Catch ?? [])
      .filter((caught) => caught.Next !== state.Next)
      .flatMap((caught) => edge(caught.Next, 'failure', 'fails')),
  ];
};

const OF_A_LEAK = STEPS['trace-leaked-key'].stateName;

/** Where a healthy rotation ends. */
const GOAL = 'Rotation complete';

/**
 * The longest path from the start to the goal on which no person is told anything, and no key has leaked: the path of a
 * healthy rotation.
 */
const mainLine = ({ StartAt, States }: Definition, edges: readonly Edge[]): readonly string[] => {
  const longestFrom = (state: string, before: readonly string[]): readonly string[] => {
    const line = [...before, state];
    if (state === GOAL) return line;
    return edges
      .filter((edge) => edge.from === state && edge.kind === 'onward' && !line.includes(edge.to))
      .filter((edge) => !States[edge.to]?.Resource?.endsWith(':sns:publish') && edge.to !== OF_A_LEAK)
      .map((edge) => longestFrom(edge.to, line))
      .reduce<readonly string[]>((longest, other) => (other.length > longest.length ? other : longest), []);
  };
  return longestFrom(StartAt, []);
};

/** States from which no execution can succeed: the failure branch. */
const doomed = ({ States }: Definition, edges: readonly Edge[]): ReadonlySet<string> => {
  const hopeful = new Set(Object.keys(States).filter((name) => States[name]?.Type === 'Succeed'));
  for (let before = -1; before < hopeful.size; ) {
    before = hopeful.size;
    for (const edge of edges) if (hopeful.has(edge.to)) hopeful.add(edge.from);
  }
  return new Set(Object.keys(States).filter((name) => !hopeful.has(name)));
};

const idOf = (name: string): string =>
  name
    .replace(/[^A-Za-z ]/g, '')
    .split(' ')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

const nodeOf = (name: string, { Type, Parameters }: State): string => {
  const node = (open: string, close: string, style: string): string =>
    `${idOf(name)}${open}"${name}"${close}:::${style}`;
  switch (Type) {
    case 'Wait':
      return node('{{', '}}', 'wait');
    case 'Choice':
      return node('{', '}', 'decision');
    case 'Succeed':
      return node('([', '])', 'success');
    case 'Fail':
      return node('([', '])', 'failure');
    case 'Task':
      // Messages, and questions to functions that are not ours.
      if (Parameters?.FunctionName === undefined) return node('[/', '/]', 'message');
      return Parameters?.FunctionName?.startsWith('${Confirm')
        ? node('[[', ']]', 'check')
        : node('[', ']', 'step');
    default:
      return node('(', ')', 'note');
  }
};

const CLASSES = [
  'classDef step fill:#dbeafe,stroke:#1d4ed8,color:#0f172a',
  'classDef check fill:#e0f2fe,stroke:#0369a1,color:#0f172a',
  'classDef wait fill:#fef9c3,stroke:#a16207,color:#0f172a',
  'classDef decision fill:#f1f5f9,stroke:#475569,color:#0f172a',
  'classDef message fill:#ede9fe,stroke:#6d28d9,color:#0f172a',
  'classDef success fill:#dcfce7,stroke:#15803d,color:#0f172a',
  'classDef failure fill:#fee2e2,stroke:#b91c1c,color:#0f172a',
  'classDef note fill:#ffffff,stroke:#64748b,color:#0f172a',
];

/**
 * The definition as a Mermaid flowchart. The main line has thick arrows. Transitions into the failure branch
 * that many states share are one arrow. States that only send an event are left out.
 *
 * @param definition - Text of the state machine definition.
 */
export const drawFlow = (definition: string): string => {
  const machine = withoutAnnouncements(JSON.parse(definition) as Definition);
  const states = Object.entries(machine.States);
  const edges = states.flatMap(([name, state]) => edgesOf(name, state));
  const line = mainLine(machine, edges);
  const failureBranch = doomed(machine, edges);

  // Of several ways between two states the first: an exception to a rule comes after the rule.
  const onMainLine = (edge: Edge): boolean =>
    line.includes(edge.from) &&
    edge === edges.find(({ from, to, kind }) => kind === 'onward' && from === edge.from && to === edge.to) &&
    line[line.indexOf(edge.from) + 1] === edge.to;
  const arrow = (edge: Edge): string => {
    const shaft = onMainLine(edge) ? '==>' : edge.kind === 'onward' ? '-->' : '-.->';
    const label = edge.label === undefined ? '' : `|${edge.label}|`;
    return `${idOf(edge.from)} ${shaft}${label} ${idOf(edge.to)}`;
  };
  const shared = (edge: Edge): boolean =>
    edge.kind !== 'onward' && edges.filter(({ to, kind }) => to === edge.to && kind === edge.kind).length > 2;
  const targetsShared = (kind: Edge['kind']): readonly string[] => [
    ...new Set(edges.filter((edge) => edge.kind === kind && shared(edge)).map(({ to }) => to)),
  ];
  const nodes = (inFailureBranch: boolean): readonly string[] =>
    [...states]
      .sort(([one], [other]) => Number(line.includes(other)) - Number(line.includes(one)))
      .filter(([name]) => failureBranch.has(name) === inFailureBranch)
      .map(([name, state]) => nodeOf(name, state));

  return [
    'flowchart TD',
    ...[
      ...nodes(false),
      'subgraph failing["The execution fails, and a person is told why"]',
      ...nodes(true).map((node) => `  ${node}`),
      'end',
      ...edges.filter(onMainLine).map(arrow),
      ...edges.filter((edge) => !onMainLine(edge) && !shared(edge)).map(arrow),
      'AnyFailure("any step that fails,<br/>after its retries"):::note',
      ...targetsShared('failure').map((target) => `AnyFailure -.-> ${idOf(target)}`),
      'AnyElse("any status that is not known"):::note',
      ...targetsShared('else').map((target) => `AnyElse -.-> ${idOf(target)}`),
      ...CLASSES,
    ].map((text) => `  ${text}`),
  ].join('\n');
};

/** docs/architecture.md with the picture in its marked region. */
export const withFlow = (page: string, definition: string): string =>
  withRegion(page, 'flow', `\`\`\`mermaid\n${drawFlow(definition)}\n\`\`\``);

if (require.main === module) {
  const page = readFileSync(ARCHITECTURE_FILE, 'utf8');
  writeFileSync(ARCHITECTURE_FILE, withFlow(page, readFileSync(DEFINITION_FILE, 'utf8')));
}
