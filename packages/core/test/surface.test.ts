import * as core from '@verified-mobile/core';
import * as testing from '@verified-mobile/core/testing';
import { expect, it } from 'vitest';

it('exports these names, and no others', () => {
  expect({ core: Object.keys(core).toSorted(), testing: Object.keys(testing).toSorted() }).toMatchSnapshot();
});
