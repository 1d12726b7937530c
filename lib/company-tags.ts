import { Tags } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { DeploymentSettings } from './config';

/** Below 50, the priority of the tags that a resource is made with: the company's override none of the service's own. */
const OF_THE_COMPANY = { priority: 10 };

/** Puts the tags that the deployment asks for on every resource of a construct that can have tags. */
export const tagAsAsked = (construct: IConstruct, { tags }: Pick<DeploymentSettings, 'tags'>): void => {
  for (const [key, value] of Object.entries(tags)) Tags.of(construct).add(key, value, OF_THE_COMPANY);
};
