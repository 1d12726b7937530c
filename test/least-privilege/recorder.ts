import { type RoleRequest, roleName } from '../../local/deployment/permissions';

/** A call that a policy had to allow: of a role, or made in its name by another service. */
export interface RecordedCall {
  /** The role's name in the template. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly conditions: Readonly<Record<string, readonly string[]>>;
  /** The story in which it was made first. */
  readonly story: string;
  /** A policy of the resource denies it, whatever the role's say. */
  readonly isDeniedByResource?: true;
}

/** Records each distinct call of roles. */
export class Recorder {
  readonly #calls = new Map<string, RecordedCall>();

  /** The calls, in the order in which they were first made. */
  get calls(): readonly RecordedCall[] {
    return [...this.#calls.values()];
  }

  /**
   * Records the calls of a story.
   *
   * @param nameOf - the template's name of a role; undefined for one that the template does not have.
   */
  of(
    story: string,
    nameOf: (role: string) => string | undefined,
  ): (request: RoleRequest, isDeniedByResource?: boolean) => void {
    return ({ caller, action, resource, conditions = {} }, isDeniedByResource = false) => {
      const role = nameOf(roleName(caller));
      if (role === undefined) return;
      const key = JSON.stringify([role, action, resource, conditions, isDeniedByResource]);
      if (this.#calls.has(key)) return;
      const call = { role, action, resource, conditions, story };
      this.#calls.set(key, isDeniedByResource ? { ...call, isDeniedByResource } : call);
    };
  }
}
