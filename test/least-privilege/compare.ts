import { permissionsOf, type RoleStatement, type Statement } from '../../local/deployment/permissions';
import { shortRole } from '../support/grants';
import type { RecordedCall } from './recorder';

/*
 * Compares calls with policies, in both directions.
 */

/** One action on one resource pattern, under the conditions of its statement: the least that could be taken away from a role. */
export interface Unit {
  readonly role: string;
  readonly policy: string;
  readonly place: number;
  readonly action: string;
  readonly resource: string;
  /** The conditions in one text; empty: there are none. */
  readonly conditions: string;
}

const conditionsOf = ({ conditions }: Statement): string =>
  conditions.map(({ operator, key, values }) => `${operator} ${key} ${values.join(' or ')}`).join(', ');

/** A unit in words. */
export const describeUnit = ({ role, policy, place, action, resource, conditions }: Unit): string =>
  `${shortRole(role)}: ${action} on ${resource}${conditions && ` if ${conditions}`} (${policy}, statement ${place})`;

/** A call in words. */
export const describeCall = ({ role, action, resource, conditions, story }: RecordedCall): string =>
  `${shortRole(role)}: ${action} on ${resource} with ${JSON.stringify(conditions)}, first in ${story}`;

/** The calls that the policies would deny: those of the roles, or those of the resources. */
export const deniedCalls = (
  statements: readonly RoleStatement[],
  calls: readonly RecordedCall[],
): readonly RecordedCall[] => {
  const permissions = permissionsOf(statements);
  return calls.filter(
    ({ role, isDeniedByResource, ...request }) =>
      isDeniedByResource || !permissions({ caller: role, ...request }),
  );
};

interface HeldUnit extends Unit {
  readonly allows: (call: RecordedCall) => boolean;
}

const unitsOf = (statement: RoleStatement): readonly HeldUnit[] => {
  const { role, policy, place } = statement;
  const conditions = conditionsOf(statement);
  const meets = meetsConditionsOf(statement);
  return statement.actions.flatMap((action) =>
    statement.resources.map((resource) => ({
      ...{ role, policy, place, conditions },
      action: action.text,
      resource: resource.text,
      allows: (call: RecordedCall) =>
        call.role === role && action.matches(call.action) && resource.matches(call.resource) && meets(call),
    })),
  );
};

const meetsConditionsOf =
  ({ conditions }: Statement) =>
  (call: RecordedCall): boolean =>
    conditions.every(({ key, holds }) => holds(call.conditions[key] ?? []));

/**
 * The units that could be taken away: without each of them, every call would still be allowed. What two units allow, one could, so
 * that both are among them.
 */
export const unneededUnits = (
  statements: readonly RoleStatement[],
  calls: readonly RecordedCall[],
): readonly Unit[] => {
  const units = statements.filter(({ effect }) => effect === 'Allow').flatMap(unitsOf);
  const needed = new Set<HeldUnit>();
  for (const call of calls) {
    const [only, ...others] = units.filter(({ allows }) => allows(call));
    if (only !== undefined && others.length === 0) needed.add(only);
  }
  return units.filter((unit) => !needed.has(unit)).map(({ allows: _allows, ...unit }) => unit);
};

/** A condition that no call has put to the test. */
export interface UntriedCondition {
  readonly role: string;
  readonly policy: string;
  readonly place: number;
  readonly operator: string;
  readonly key: string;
}

/** An untried condition in words. */
export const describeCondition = ({ role, policy, place, operator, key }: UntriedCondition): string =>
  `${shortRole(role)}: ${operator} ${key} (${policy}, statement ${place})`;

const isAbout = ({ actions, resources }: Statement, { action, resource }: RecordedCall): boolean =>
  actions.some(({ matches }) => matches(action)) && resources.some(({ matches }) => matches(resource));

/**
 * The conditions whose key no call was seen to have, as if it were mistyped. Of a statement that allows, a call has to meet all
 * conditions and have the key. If a condition asks for a call without the key, or stands in a statement that denies, so that no call meets it,
 * it is enough that the key is seen in a call that the statement is about: for a missing key, in a call of any role.
 */
export const untriedConditions = (
  statements: readonly RoleStatement[],
  calls: readonly RecordedCall[],
): readonly UntriedCondition[] =>
  statements.flatMap((statement) => {
    const { role, policy, place, effect } = statement;
    const about = calls.filter((call) => isAbout(statement, call));
    const theirs = about.filter((call) => call.role === role);
    const met = effect === 'Allow' ? theirs.filter(meetsConditionsOf(statement)) : theirs;
    return statement.conditions
      .filter(({ operator, key, values }) => {
        const asksForNone = operator === 'Null' && values.includes('true');
        return !(asksForNone ? about : met).some(({ conditions }) => (conditions[key] ?? []).length > 0);
      })
      .map(({ operator, key }) => ({ role, policy, place, operator, key }));
  });
