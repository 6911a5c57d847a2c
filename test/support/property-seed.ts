/** Runs before every test file: properties draw from the seed of this run. A failure prints that seed. */
import fc from "fast-check";
import { testSeed } from "./test-seed.ts";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: testSeed() });
