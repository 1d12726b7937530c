import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PAGE_FILE } from './messages/draw';
import { nodesOf, parsed, type SyntaxNode, sourcesOf } from './support/syntax';

/*
 * What a person reads is written, not read: a message can be reworded without changing what the rotation does.
 */

const SOURCES = ['lambdas', 'lib'].flatMap((folder) =>
  sourcesOf(join(__dirname, '..', '..', folder)).map(([file, tree]) => [`${folder}/${file}`, tree] as const),
);

/** Names under which the code has what a person reads. Lambda's and Step Functions' `Cause` is somebody else's prose. */
const PROSE = new Set(['reason', 'message', 'said', 'outcome', 'cause', 'errorMessage', 'problem', 'note']);

/** Methods that look into a text. */
const LOOKING = new Set([
  'includes',
  'indexOf',
  'lastIndexOf',
  'startsWith',
  'endsWith',
  'match',
  'matchAll',
  'search',
  'test',
  'exec',
  'localeCompare',
]);

const COMPARING = new Set(['===', '!==', '==', '!=', '<', '>', '<=', '>=']);

/** The value of an identifier, or of a property's name. */
const nameOf = (node: unknown): string => {
  const { type, value } = (node ?? {}) as SyntaxNode;
  return type === 'Identifier' && typeof value === 'string' ? value : '';
};

/** Whether what a person reads is part of an expression; whether it is there at all, and of what type, is no reading. */
const readsProse = (node: SyntaxNode): boolean =>
  !(node.type === 'UnaryExpression' && node.operator === 'typeof') &&
  nodesOf(node).some((inner) => PROSE.has(nameOf(inner)));

const isAbsence = (node: SyntaxNode): boolean =>
  node.type === 'NullLiteral' ||
  nameOf(node) === 'undefined' ||
  (node.type === 'StringLiteral' && node.value === '');

/** What an expression decides by the text of a message; undefined when it does not. */
const lookAt = (node: SyntaxNode): string | undefined => {
  if (node.type === 'CallExpression') {
    const callee = node.callee as SyntaxNode;
    const method = callee.type === 'MemberExpression' ? nameOf(callee.property) : '';
    const operands = [
      callee.object,
      ...(node.arguments as { expression: unknown }[]).map((a) => a.expression),
    ];
    return LOOKING.has(method) && operands.some((operand) => readsProse(operand as SyntaxNode))
      ? `.${method}(`
      : undefined;
  }
  if (node.type === 'BinaryExpression' && COMPARING.has(String(node.operator))) {
    const sides = [node.left as SyntaxNode, node.right as SyntaxNode];
    return sides.some(readsProse) && !sides.some(isAbsence) ? String(node.operator) : undefined;
  }
  return node.type === 'SwitchStatement' && readsProse(node.discriminant as SyntaxNode)
    ? 'switch'
    : undefined;
};

const looksIn = (tree: SyntaxNode): readonly string[] => nodesOf(tree).flatMap((node) => lookAt(node) ?? []);

describe('no code decides by the words of a message', () => {
  test.each(SOURCES)('%s', (_file, tree) => {
    expect(looksIn(tree)).toEqual([]);
  });

  test.each([
    ["if (plan.reason.includes('aws iam')) stop();", '.includes('],
    ["const told = /--status Inactive/.test(said) ? '' : note();", '.test('],
    ['const found = error.message.match(SAYS);', '.match('],
    ["if (String(error?.cause).trim().startsWith('No')) stop();", '.startsWith('],
    ["return output.outcome === 'Done.';", '==='],
    ['return name + message !== known;', '!=='],
    ["switch (decision.reason) { case 'no': stop(); }", 'switch'],
    ["['No.', 'Never.'].includes(error.message);", '.includes('],
  ])('this would be found: %s', (source, look) => {
    expect(looksIn(parsed(`(() => { ${source} })();`))).toEqual([look]);
  });

  test.each([
    'if (input.reason === undefined) stop();',
    "const words = cause === '' ? name : name + cause;",
    "if (typeof error.message === 'string') show(error.message);",
    "if (decision.leak === 'told') stop(decision.reason);",
    "if (keys.includes(key)) throw new RotationError('StateDrift', reason);",
  ])('this decides by something else: %s', (source) => {
    expect(looksIn(parsed(`(() => { ${source} })();`))).toEqual([]);
  });
});

describe('every command that a message hands to a person is made in one place', () => {
  const literals = (tree: SyntaxNode): readonly string[] =>
    nodesOf(tree)
      .filter(({ type }) => type === 'StringLiteral' || type === 'TemplateElement')
      .map(({ value, cooked }) => String(value ?? cooked));
  const handWritten = (tree: SyntaxNode): readonly string[] =>
    literals(tree).filter((text) => /\baws [a-z]+ [a-z]|--[a-z]+-[a-z]|"userName":/.test(text));

  const functions = SOURCES.filter(([file]) => file.startsWith('lambdas/'));

  test.each(functions)('%s has none written by hand', (_file, tree) => {
    expect(handWritten(tree)).toEqual([]);
  });

  test.each(["tell('Run aws iam list-users.')", "tell('now: --user-name ' + name)"])(
    'this would be found: %s',
    (source) => {
      expect(handWritten(parsed(source))).toHaveLength(1);
    },
  );
});

/** Words, and what else has sentences: for people of other tools, for developers, or of a single call to AWS. */
const WORDS: readonly RegExp[] = [
  /\/words(\/[\w-]+)?\.ts$/,
  // What IAM, Secrets Manager and CloudFormation show.
  /^lambdas\/create-secrets\/handler\.ts$/,
  /^lambdas\/shared\/contract\/cloudformation\.ts$/,
  /^lambdas\/shared\/secret\/placeholder\.ts$/,
  // The type of an event.
  /^lambdas\/shared\/contract\/names\.ts$/,
  // What Zod says of an input, and what the definition shows of a step.
  /^lambdas\/shared\/rotation\/(rotation-state|step-table)\.ts$/,
  // What only a mistake in the code or in the deployment brings up.
  /^lambdas\/shared\/rotation\/calendar\.ts$/,
  /^lambdas\/shared\/sdk\/event-streams\.ts$/,
  // What a call to AWS was about, and what it means that it failed.
  /^lambdas\/shared\/gateways\/([\w-]+-gateway|deployed-secrets|runtime)\.ts$/,
  /^lambdas\/shared\/contract\/errors\.ts$/,
  // The name of an event.
  /^lambdas\/shared\/contract\/names\.ts$/,
  // What stands in place of a list that has nothing in it.
  /^lambdas\/shared\/text\/said\.ts$/,
];

/** Files of rules and effects: what is to be said stands in words. */
const WORDLESS = SOURCES.filter(
  ([file]) => file.startsWith('lambdas/') && !WORDS.some((pattern) => pattern.test(file)),
);

/** The text of a literal: of a template, what stands between its values. */
const textOf = (node: SyntaxNode): string => {
  if (node.type === 'StringLiteral') return String(node.value);
  if (node.type !== 'TemplateLiteral') return '';
  return (node.quasis as readonly { readonly raw: string }[]).map(({ raw }) => raw).join(' ');
};

/** Texts of more than three words. A name, a code or a label has fewer. */
const sentencesIn = (tree: SyntaxNode): readonly string[] =>
  nodesOf(tree)
    .map(textOf)
    .filter((text) => text.split(/\s+/).filter((word) => /[a-z]/i.test(word)).length > 3);

describe('a rule has a code for what words say', () => {
  test.each(WORDLESS)('%s', (_file, tree) => {
    expect(sentencesIn(tree)).toEqual([]);
  });

  test.each(WORDS)('%s is of some file', (pattern) => {
    expect(SOURCES.some(([file]) => pattern.test(file))).toBe(true);
  });

  test.each([
    ["return { code: 'not-due', due };", 0],
    ["return refuse('Delete it now.');", 0],
    ["return refuse('Nothing was changed yet.');", 1],
    [`return refuse(\`The user \${userName} has \${count} keys.\`);`, 1],
  ])('of sentences this has so many: %s', (source, count) => {
    expect(sentencesIn(parsed(`(() => { ${source} })();`))).toHaveLength(count);
  });
});

/** What each command cannot do without (AWS CLI Command Reference), or would do to something else. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'cloudtrail lookup-events': ['lookup-attributes'],
  'cloudwatch describe-alarms': ['alarm-names'],
  'iam delete-access-key': ['user-name', 'access-key-id'],
  'iam detach-user-policy': ['user-name', 'policy-arn'],
  'iam get-access-key-last-used': ['access-key-id'],
  // And in it the call that says which version counts.
  'iam get-policy-version': ['policy-arn', 'version-id', 'policy-arn'],
  'iam list-access-keys': ['user-name'],
  'iam put-role-policy': ['role-name', 'policy-name', 'policy-document'],
  'iam put-user-policy': ['user-name', 'policy-name', 'policy-document'],
  'iam untag-user': ['user-name', 'tag-keys'],
  'iam update-access-key': ['user-name', 'access-key-id', 'status'],
  'scheduler get-schedule': ['group-name', 'name'],
  'secretsmanager cancel-rotate-secret': ['secret-id'],
  'secretsmanager create-secret': ['name', 'secret-string'],
  'secretsmanager describe-secret': ['secret-id'],
  'secretsmanager get-secret-value': ['secret-id', 'version-id'],
  'secretsmanager put-secret-value': ['secret-id', 'secret-string'],
  'secretsmanager restore-secret': ['secret-id'],
  'secretsmanager tag-resource': ['secret-id', 'tags'],
  'secretsmanager untag-resource': ['secret-id', 'tag-keys'],
  'secretsmanager update-secret-version-stage': ['secret-id', 'version-stage', 'remove-from-version-id'],
  'sns list-subscriptions-by-topic': ['topic-arn'],
  'stepfunctions describe-execution': ['execution-arn'],
  'stepfunctions start-execution': ['state-machine-arn', 'name', 'input'],
  'stepfunctions stop-execution': ['execution-arn'],
};

/** What a command may have besides. */
const MORE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  // What is asked about, and nothing around it.
  'secretsmanager describe-secret': ['query'],
  // The number of the version alone.
  'iam get-policy-version': ['query', 'output'],
  // Name and state, of all that there is to an alarm.
  'cloudwatch describe-alarms': ['query', 'output'],
  // As it stands in the secret, and nothing around it.
  'secretsmanager get-secret-value': ['query', 'output'],
  // Without it, the label is taken away.
  'secretsmanager update-secret-version-stage': ['move-to-version-id'],
};

describe('the commands in the messages', () => {
  const VALUE = String.raw`(?:'[^']*'|"[^"]*"|[\w/](?:[\w/:@%+=.,-]*[\w/])?)`;
  const COMMAND = new RegExp(String.raw`\baws (\w+ [a-z-]+)((?: --[a-z-]+[ =]${VALUE})*)`, 'g');
  const found = [...readFileSync(PAGE_FILE, 'utf8').matchAll(COMMAND)].map(
    ([line, command = '', options = '']) =>
      [line, command, [...options.matchAll(/ --([a-z-]+)/g)].map(([, option]) => option)] as const,
  );

  test.each([...new Map(found.map((row) => [row[0], row] as const)).values()])(
    '%s is complete',
    (_line, command, options) => {
      // IAM is one for all Regions; and what CloudFormation shows is for the Region of the stack.
      const anywhere = command.startsWith('iam ') ? [] : ['region'];
      const more = [...anywhere, ...(MORE_OPTIONS[command] ?? [])];
      expect(options.filter((option = '') => !more.includes(option))).toEqual(OPTIONS[command]);
    },
  );

  test('are of all kinds', () => {
    expect([...new Set(found.map(([, command]) => command))].sort()).toEqual(Object.keys(OPTIONS));
  });
});
