import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, DefaultStackSynthesizer } from 'aws-cdk-lib';
import { type CompactResource, compactTemplate } from './compact-template';
import { ConfigError } from './config';

/** CloudFormation quotas: template body size in an Amazon S3 object, and resources of a template. */
const MAX_TEMPLATE_BYTES = 1_000_000;
const MAX_RESOURCES = 500;

/** How much of the share is safe to name: grants are packed into documents, of which there are only whole ones. */
const PACKING = 0.97;

/** A template, as far as it is measured. */
interface WrittenTemplate {
  readonly Resources: Readonly<
    Record<string, CompactResource & { readonly Properties?: { readonly Tags?: unknown } }>
  >;
}

/** Most resources that have tags are there for any number of users. */
const bytesOfTags = (resources: WrittenTemplate['Resources']): number =>
  Object.values(resources).reduce(
    (sum, { Properties }) => sum + Buffer.byteLength(JSON.stringify(Properties?.Tags ?? '')),
    0,
  );

/**
 * Writes the template compactly, and fails at synthesis if CloudFormation would refuse it: the CDK only warns of a large one, and
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
    // It would measure what is not uploaded.
    Annotations.of(this.boundStack).acknowledgeWarning(
      '@aws-cdk/core:Stack.templateSize',
      'The template is made smaller after that, and refused if it is still too large.',
    );
    const asset = super.synthesizeTemplate(...args);
    const file = join(args[0].assembly.outdir, this.boundStack.templateFile);
    const template = compactTemplate(JSON.parse(readFileSync(file, 'utf8')) as WrittenTemplate);
    const text = JSON.stringify(template);
    writeFileSync(file, text);
    this.measure(template, Buffer.byteLength(text));
    // The file is uploaded under the hash of its contents.
    return { ...asset, sourceHash: createHash('sha256').update(text).digest('hex') };
  }

  private measure({ Resources }: WrittenTemplate, bytes: number): void {
    const { users } = this;
    const { stackName } = this.boundStack;
    const resources = Object.keys(Resources).length;
    if (bytes <= MAX_TEMPLATE_BYTES && resources <= MAX_RESOURCES) return;
    const tags = bytesOfTags(Resources);
    const share = Math.min((MAX_TEMPLATE_BYTES - tags) / (bytes - tags), MAX_RESOURCES / resources);
    // The parts that do not depend on users count as theirs, except for tags, which may be the most of it; and grants are packed into documents whose number does not fall
    // evenly with the users. So some users fewer are named than the share allows; a few more may fit.
    const fit = Math.floor(users * share * PACKING);
    const advice =
      fit < 1
        ? `deployment.tags take ${tags} of them: have fewer or shorter ones`
        : `With settings as long as these, ${fit} users fit; put the others into another stack`;
    throw new ConfigError([
      `users: the template of the stack ${stackName}, with ${users} users, has ${resources} resources and ${bytes} bytes. Allowed: ${MAX_RESOURCES} resources and ${MAX_TEMPLATE_BYTES} bytes, which CloudFormation takes. ${advice}.`,
    ]);
  }
}
