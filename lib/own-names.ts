import type { IConstruct } from 'constructs';
import { ConfigError, judgeConstructs, type Neighbour } from './config';

/** The rotations of each app, with their paths. */
const rotations = new WeakMap<IConstruct, readonly (readonly [Neighbour, string])[]>();

/**
 * Two rotations of one user would take each other's keys for a stranger's, and two state machines of one name cannot be deployed.
 *
 * @throws ConfigError if another rotation of the app has what this one has, in what may be the same account.
 */
export const requireOwnNames = ({ node }: IConstruct, rotation: Neighbour): void => {
  const others = rotations.get(node.root) ?? [];
  const itself = [rotation, node.path] as const;
  const problems = others.flatMap((other) => judgeConstructs(other, itself));
  if (problems.length > 0) throw new ConfigError(problems, 'The app');
  rotations.set(node.root, [...others, itself]);
};
