import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefaultStackSynthesizer, type ISynthesisSession } from 'aws-cdk-lib';
import { ConfigError } from './config';

/** CloudFormation quotas: template body size in an Amazon S3 object, and resources of a template. */
const MAX_TEMPLATE_BYTES = 1_000_000;
const MAX_RESOURCES = 500;

/** How much of the share is safe to name: grants are packed into documents, of which there are only whole ones. */
const PACKING = 0.97;

/**
 * Fails at synthesis if CloudFormation would refuse the template: the CDK only warns of a large one, and
 * deploys it. The uploaded file is measured, with everything that the CDK adds.
 */
export class MeasuredSynthesizer extends DefaultStackSynthesizer {
  /** @param users - How many users the stack has. */
  constructor(private readonly users: number) {
    super();
  }

  protected override synthesizeTemplate(
    ...args: Parameters<DefaultStackSynthesizer['synthesizeTemplate']>
  ): ReturnType<DefaultStackSynthesizer['synthesizeTemplate']> {
    const asset = super.synthesizeTemplate(...args);
    this.measure(args[0]);
    return asset;
  }

  private measure(session: ISynthesisSession): void {
    const { users } = this;
    const { stackName, templateFile } = this.boundStack;
    const template = readFileSync(join(session.assembly.outdir, templateFile));
    const resources = Object.keys(
      (JSON.parse(template.toString('utf8')) as { readonly Resources: object }).Resources,
    ).length;
    const share = Math.min(MAX_TEMPLATE_BYTES / template.length, MAX_RESOURCES / resources);
    if (share >= 1) return;
    // The parts that do not depend on users count as theirs, and grants are packed into documents whose number does not fall
    // evenly with the users. So some users fewer are named than the share allows; a few more may fit.
    const fit = Math.floor(users * share * PACKING);
    throw new ConfigError([
      `users: the template of the stack ${stackName}, with ${users} users, has ${resources} resources and ${template.length} bytes. Allowed: ${MAX_RESOURCES} resources and ${MAX_TEMPLATE_BYTES} bytes, which CloudFormation takes. With settings as long as these, ${fit} users fit; put the others into another stack.`,
    ]);
  }
}
