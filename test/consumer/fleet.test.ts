import { testFleets } from './support/fleets';

testFleets(12);
