import { testWholeRotations } from './support/whole-rotations';

testWholeRotations({ library: 180, 'credential-process': 40, 'credentials-file': 12, holds: 60 });
