import type { Statement } from '../statement';
import { secretsManagerStatements } from './secrets-manager';

/** Everything that is said about AWS, in the order of the fidelity table. */
export const STATEMENTS: readonly Statement[] = [...secretsManagerStatements];
