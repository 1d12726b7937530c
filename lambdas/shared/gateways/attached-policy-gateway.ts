import { IAMClient, type IAMClientConfig, paginateListAttachedUserPolicies } from '@aws-sdk/client-iam';
import type { Quarantine } from '../rotation/trace';

/**
 * AWS Managed Policy Reference, AWSCompromisedKeyQuarantine, and those of the same name with V2, V3 and V4: AWS attaches one of them to
 * the user of a key that it has found in public. Each has come years after the one before, so the number is left open.
 */
const QUARANTINE = /^arn:[\w-]+:iam::aws:policy\/AWSCompromisedKeyQuarantine\w*$/;

/** Which managed policies are attached to a user. Apart from the gateway to keys, so that no other function has it. */
export class AttachedPolicyGateway {
  private readonly client: IAMClient;

  constructor(config: IAMClientConfig) {
    this.client = new IAMClient(config);
  }

  /** Whether AWS has restricted a user because of a leaked key. */
  async quarantine(userName: string): Promise<Quarantine> {
    const policies: string[] = [];
    try {
      for await (const page of paginateListAttachedUserPolicies(
        { client: this.client },
        { UserName: userName },
      )) {
        for (const { PolicyArn = '' } of page.AttachedPolicies ?? []) {
          if (QUARANTINE.test(PolicyArn)) policies.push(PolicyArn);
        }
      }
    } catch (error) {
      console.error({ problem: 'attached-policies-not-listed', error: String(error) });
      return { kind: 'unknown', policies: [] };
    }
    return { kind: policies.length === 0 ? 'not-attached' : 'attached', policies };
  }
}
