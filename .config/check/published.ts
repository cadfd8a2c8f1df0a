import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import type { Check } from './packed.ts';

export const published: Check = {
  name: 'publint',
  look: async ({ folder, at }) => {
    const { messages, pkg } = await publint({ pkgDir: at, strict: true, pack: false });
    return {
      objections: messages.map(
        (message) => `${folder}/package.json: ${formatMessage(message, pkg, { color: false }) ?? message.code}`,
      ),
    };
  },
};
