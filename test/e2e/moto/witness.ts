import assert from 'node:assert/strict';
import type { WireRequest } from '../../../embedded-aws/wire/messages';
import { bodyText } from '../../../embedded-aws/wire/messages';
import { type OnTheWay, outcomeOf, type PassingCall, sendOn } from '../../../local/world/endpoint-aws';
import { type Grant, grantKey } from '../../support/grants';
import type { MotoRoles } from './moto-roles';

/**
 * Signing names, and single operations, that the embedded AWS answers after moto has judged the permission.
 */
const ANSWERED_HERE = new Set([
  'states',
  'cloudtrail',
  'lambda',
  'scheduler',
  'monitoring:DescribeAlarmHistory',
]);

/** IAM's name of a service, if its signing name differs. */
const SERVICES: Readonly<Record<string, string>> = { monitoring: 'cloudwatch' };

/** The role's name and the action of a call; undefined for a call that a user's key signs. */
const grantOf = ({ role, signingName, operation }: PassingCall): Grant | undefined =>
  role === undefined
    ? undefined
    : {
        role: role.split('/').at(-1) ?? '',
        action: `${SERVICES[signingName] ?? signingName}:${operation}`,
      };

/** Records the calls under the synthesized roles. */
export class Witness {
  /** The scenario that first made a call, by grant. */
  readonly calledIn = new Map<string, string>();
  /** Calls that moto refused, although the scenario made them with everything that the template grants. */
  readonly refused: (Grant & { readonly scenario: string })[] = [];
  /** How many calls under roles moto has judged, and how many of them without the action. */
  judged = 0;
  denied = 0;

  /** While a role lacks an action that it has. */
  #takenAway: Promise<unknown> | undefined;
  readonly #url: string;
  readonly #skipped: ReadonlySet<string>;

  /** @param skipped - Names of roles that the template does not have. */
  constructor(url: string, skipped: readonly string[]) {
    this.#url = url;
    this.#skipped = new Set(skipped);
  }

  /**
   * Watches a scenario. The first time that a role calls an action, the same request is sent to moto without
   * the action, and has to be refused; then it passes with the action restored.
   */
  watch(scenario: string, roles: MotoRoles): OnTheWay {
    return async (call, proceed) => {
      const grant = grantOf(call);
      if (grant === undefined || this.#skipped.has(grant.role)) return proceed();
      // A step may call in several Regions at once: the others wait while the action is taken away.
      while (this.#takenAway !== undefined) await this.#takenAway;
      if (!this.calledIn.has(grantKey(grant))) {
        this.calledIn.set(grantKey(grant), scenario);
        const check = roles.without(grant.role, grant.action, () => this.#expectDenial(grant, call));
        this.#takenAway = check.finally(() => {
          this.#takenAway = undefined;
        });
        await this.#takenAway;
      }
      this.judged += 1;
      const { signingName, operation } = call;
      if ([signingName, `${signingName}:${operation}`].some((name) => ANSWERED_HERE.has(name))) {
        // Whatever moto does with the operation: the caller learns of a denial.
        const judgement = await this.#judge(call.request);
        if (judgement.isDenied) {
          this.refused.push({ ...grant, scenario });
          return judgement.response;
        }
        return proceed();
      }
      const response = await proceed();
      if (outcomeOf(response) === 'AccessDenied') this.refused.push({ ...grant, scenario });
      return response;
    };
  }

  async #expectDenial({ role, action }: Grant, { request, signingName }: PassingCall): Promise<void> {
    this.denied += 1;
    const { isDenied, text } = await this.#judge(request);
    assert.ok(isDenied, `moto lets ${role} call ${action} without having that action: ${text}`);
    const named = `${signingName}:${action.split(':')[1]}`;
    assert.ok(text.includes(`not authorized to perform: ${named}`), `moto refuses ${action} with: ${text}`);
  }

  async #judge(request: WireRequest) {
    const response = await sendOn(this.#url, request);
    return {
      response,
      isDenied: outcomeOf(response) === 'AccessDenied',
      text: bodyText(response.body),
    };
  }
}
