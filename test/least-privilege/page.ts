/**
 * Writes the tables of wildcards, and of what has a reason instead of a proof, into docs/security.md:
 *
 *     npx tsx test/least-privilege/page.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { item } from '../../tools/docs/prose';
import { withRegion } from '../../tools/docs/region';
import { table } from '../../tools/docs/table';
import { shortRole } from '../support/grants';
import { CONFIGURATIONS } from './configuration';
import { type Concerned, DENIED, isFor, NEEDED_ELSEWHERE, type Reason, WILDCARDS } from './reasons';
import { type Policies, policiesOf } from './record';
import { wildcardsOf } from './wildcards';

const PAGE = join(__dirname, '..', '..', 'docs', 'security.md');

/** Sorted, and each once. */
const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

const code = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(', ');

/** An ARN without what is the same in all of them. Of logical IDs, only the form is shown. */
const shortArn = (resource: string): string =>
  resource.replace(/^arn:aws:(\w+):[^:]*:\d*:/, '$1:').replace(/log-group:.*(?=:\*)/, 'log-group:NAME');

/** Roles for people. */
const roleNames = (concerned: readonly Concerned[]): string => {
  const names = unique(
    concerned.map(({ role }) =>
      shortRole(role)
        .replace(/^Steps.*/, 'steps')
        .replace(/^People/, 'people: ')
        .replace(/^Secrets.*/, 'functions of deployments')
        .replace(/^StateMachine$/, 'state machine')
        .replace(/^Emergency$/, 'state machine of emergencies')
        .replace(/^Survey$/, 'survey')
        .replace(/^UntoldEnds$/, 'tell-end')
        .replace(/^ExposedKeys$/, 'answer-exposed-key'),
    ),
  );
  return names.join(', ');
};

/** What has the same reason is in one row. */
const rowsOf = (reasons: readonly Reason[], all: readonly Concerned[]): readonly (readonly string[])[] =>
  unique(reasons.map(({ reason }) => reason)).map((text) => {
    const same = reasons.filter(({ reason }) => reason === text);
    const concerned = all.filter((item) => same.some((reason) => isFor(reason, item)));
    return [
      code(unique(concerned.map(({ resource }) => shortArn(resource)))),
      code(unique(concerned.map(({ action }) => action))),
      roleNames(concerned),
      text,
    ];
  });

/** The page with its tables, for these policies. */
export const withReasons = (page: string, all: readonly Policies[]): string => {
  const wildcards = all.flatMap(({ statements, written }) => wildcardsOf(statements, written));
  const grants = all.flatMap(({ statements }) =>
    statements
      .filter(({ effect }) => effect === 'Allow')
      .flatMap(({ role, actions, resources }) =>
        actions.flatMap((action) =>
          resources.map((resource) => ({ role, action: action.text, resource: resource.text })),
        ),
      ),
  );
  const head = ['resource', 'actions', 'whose', 'why'];
  const withWildcards = withRegion(page, 'wildcards', table([head, ...rowsOf(WILDCARDS, wildcards)]));
  const withUnneeded = withRegion(
    withWildcards,
    'needed-elsewhere',
    table([head, ...rowsOf(NEEDED_ELSEWHERE, grants)]),
  );
  const denied = DENIED.map(({ reason }) => item(reason)).join('\n');
  return withRegion(withUnneeded, 'denied', denied);
};

/** The page as it is. */
export const readPage = (): string => readFileSync(PAGE, 'utf8');

if (require.main === module) {
  void Promise.all(CONFIGURATIONS.map(policiesOf)).then((all) => {
    writeFileSync(PAGE, withReasons(readPage(), all));
  });
}
