import type { Statement } from '../statement';
import { cloudTrailStatements } from './cloudtrail';
import { cloudWatchStatements } from './cloudwatch';
import { eventBridgeStatements } from './eventbridge';
import { iamStatements } from './iam';
import { lambdaStatements } from './lambda';
import { logsStatements } from './logs';
import { schedulerStatements } from './scheduler';
import { secretLabelStatements } from './secret-labels';
import { secretStatements } from './secrets';
import { snsStatements } from './sns';
import { stepFunctionsStatements } from './step-functions';
import { stsStatements } from './sts';

/** All statements about AWS, in the order of the fidelity table. */
export const STATEMENTS: readonly Statement[] = [
  ...secretLabelStatements,
  ...secretStatements,
  ...iamStatements,
  ...stsStatements,
  ...cloudWatchStatements,
  ...stepFunctionsStatements,
  ...lambdaStatements,
  ...snsStatements,
  ...eventBridgeStatements,
  ...schedulerStatements,
  ...logsStatements,
  ...cloudTrailStatements,
];
