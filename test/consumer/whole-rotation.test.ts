import { testWholeRotations } from './support/whole-rotations';

testWholeRotations({ library: 12, 'credential-process': 4, 'credentials-file': 4, holds: 12 });
