// The store in memory, over which the simulation runs, keeps the same contract as the one on Redis.
import { memoryUnderTest } from "../support/memory-store/under-test.ts";
import { storeContract } from "../support/store-contract.ts";

storeContract("the store in memory", async () => memoryUnderTest());
