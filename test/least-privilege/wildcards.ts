import type { RoleStatement } from '../../local/deployment/permissions';
import { type Concerned, SECRET_POLICY, WILDCARDS } from './reasons';
import type { WrittenStatement } from './written-policies';

/** What a statement says, action by action and resource by resource. */
const pairsOf = (
  role: string,
  actions: readonly string[],
  resources: readonly string[],
): readonly Concerned[] =>
  actions.flatMap((action) => resources.map((resource) => ({ role, action, resource })));

const isWild = ({ resource }: Concerned): boolean => /[*?]/.test(resource);

/** The policies of a template for people, which are attached to nobody. */
export const isForPeople = ({ where }: WrittenStatement): boolean =>
  where.startsWith('AccessKeyRotationPeople');

/** Everything that is allowed on a resource with a wildcard, to roles and to people. */
export const wildcardsOf = (
  statements: readonly RoleStatement[],
  written: readonly WrittenStatement[],
): readonly Concerned[] => [
  ...statements
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ role, actions, resources }) =>
      pairsOf(
        role,
        actions.map(({ text }) => text),
        resources.map(({ text }) => text),
      ),
    )
    .filter(isWild),
  ...written
    .filter(isForPeople)
    .flatMap(({ where, actions, resources = [] }) =>
      pairsOf(where.replace(/[0-9A-F]{9},.*$/, ''), actions, resources),
    )
    .filter(isWild),
];

/** Whether there is a reason why a statement on `*` is one. */
export const hasReason = (action: string): boolean =>
  [...WILDCARDS, ...SECRET_POLICY].some(
    (reason) => reason.action.test(action) && reason.resource instanceof RegExp && reason.resource.test('*'),
  );
