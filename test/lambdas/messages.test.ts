import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { ERROR_NAMES } from '../../lambdas/shared/contract/errors';
import { STEPS } from '../../lambdas/shared/rotation/step-table';
import { anchorOf } from '../../lambdas/shared/text/anchor';
import { drawDecisions, PAGE_FILE } from './messages/draw';
import { drawStories } from './messages/page';

const LAMBDAS = join(__dirname, '..', '..', 'lambdas');

/**
 * What no situation shows, because AWS documents that it does not happen, or because a person never reads it. Each is
 * in the code once more than it has to be, and no more than that.
 */
const NOT_SHOWN: readonly string[] = [
  // Answers of AWS that its documentation excludes.
  'IAM answered without an access key.',
  'IAM answered without last-used data.',
  'Put AWSCURRENT back on the version that programs should read.',
  'Programs that read the secret get nothing.',
  // CloudFormation itself does not take the answer: it is in the log of a function of the deployment alone.
  'CloudFormation refused the answer: HTTP ',
  // A defect of a bundle, which a test of the bundles looks for.
  'Event streams are left out of the bundles',
  // Names of states, which say nothing to anybody.
  ...Object.values(STEPS).flatMap(({ stateName }) => (stateName.split(' ').length > 3 ? [stateName] : [])),
  // Whoever is told that an emergency retires a key already sees that it is Active: the page's keys are.
  'That execution says when the leaked key is Inactive.',
  // The survey says in its own words what it could not read; its log has what it could not send.
  'listing the rotations that ',
  'asking whose rotation an execution is',
  'asking what a rotation is at',
  'listing the subscriptions of the topic',
  'putting an event on the bus',
  'importing findings into Security Hub',
  'reading findings from Security Hub',
  // The record of an execution says in its own words what is not known: docs/audit.md has them. A log has what could not be written.
  'asking CloudTrail who started an execution',
  'asking how an execution has ended',
  'reading the history of an execution',
  'writing the record of an execution',
  'This is no event of an execution of this stack that has ended. Only the rule of the stack, or a person',
  'Step Functions does not know ',
  ': it shows executions for 90 days. Without it, nothing bears out',
  'Step Functions does not show yet that ',
  ' has ended. This is tried again.',
  'CloudWatch Logs has not kept the record of ',
  ': it takes no event with the time of now. This is tried again.',
  // Whatever becomes of trace-leaked-key, the definition has its own words for people.
  ' was Inactive or gone before: this step only reads.',
  // The name of an event.
  'Access Key Survey Completed',
  // The description of a secret.
  'Access key of the IAM user ',
  ', rotated by AWS Step Functions',
  // The value of a secret.
  'No access key has been published yet',
];

interface Node {
  readonly type?: string;
  readonly value?: unknown;
  readonly cooked?: unknown;
}

/** The texts in a syntax tree: of string literals, and of templates between their expressions. */
const textsIn = (tree: unknown): readonly string[] => {
  if (Array.isArray(tree)) return tree.flatMap(textsIn);
  if (typeof tree !== 'object' || tree === null) return [];
  const { type, value, cooked } = tree as Node;
  const text = type === 'StringLiteral' ? value : type === 'TemplateElement' ? cooked : undefined;
  return [...(typeof text === 'string' ? [text] : []), ...Object.values(tree).flatMap(textsIn)];
};

const WORD = /\p{L}{2,}/gu;
/** A text of four words is a sentence, or a part of one. */
const sentences = readdirSync(LAMBDAS, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .sort()
  .flatMap((file) => {
    const { body } = parseSync(readFileSync(join(LAMBDAS, file), 'utf8'), { syntax: 'typescript' });
    return textsIn(body)
      .filter((text) => text.includes(' ') && (text.match(WORD) ?? []).length >= 4)
      .map((text) => [file, text] as const);
  });

/** Without regard to how a line is broken. */
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const page = readFileSync(PAGE_FILE, 'utf8');
const AUDIT_PAGE = readFileSync(join(__dirname, '..', '..', 'docs', 'audit.md'), 'utf8');

test('the page says what the functions say (else: npx tsx test/lambdas/messages/page.ts)', async () => {
  expect(page.slice(drawDecisions().length + 1)).toBe(await drawStories());
});

test('the page has every sentence of the functions', () => {
  expect(sentences.length).toBeGreaterThan(300);
  const shown = plain(`${page}\n${AUDIT_PAGE}`);
  const missing = sentences.filter(
    ([, text]) =>
      !shown.includes(plain(text)) &&
      // A section of the runbook is shown as a link.
      !page.includes(`#${anchorOf(text)}\n`) &&
      !NOT_SHOWN.some((excluded) => text.includes(excluded)),
  );
  expect(missing).toEqual([]);
});

test.each(NOT_SHOWN)('what is not shown is still in the functions: %s', (excluded) => {
  expect(sentences.some(([, text]) => text.includes(excluded))).toBe(true);
  expect(page).not.toContain(excluded);
});

test.each(ERROR_NAMES)('the page has a message of %s', (name) => {
  expect(page).toContain(`(${name})`);
});

test('the page has no key material, and no key ID that could be real', () => {
  expect(page).not.toContain('not-a-real-secret');
  const ids = new Set(page.match(/AKIA\w+/g));
  expect([...ids].sort()).toEqual(['AKIANEWNEWNEWNEWNEW2', 'AKIAOLDOLDOLDOLDOLD1', 'AKIAOTHEROTHEROTHER3']);
});
