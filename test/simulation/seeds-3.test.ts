// The third quarter of the seeds that every build runs.
import { seedsHold } from "./ci-seeds.ts";

seedsHold(3);
