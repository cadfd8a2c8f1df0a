import { describeReplayStore, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { describe, it } from 'vitest';

describeReplayStore(
  { describe, it },
  {
    name: 'memory',
    createStore: async () => Promise.resolve(isolatedMemoryReplayStore()),
  },
);
