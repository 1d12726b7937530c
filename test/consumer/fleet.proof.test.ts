import { testFleets } from './support/fleets';

testFleets(200);
