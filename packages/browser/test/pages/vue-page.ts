import { OtpError, type OtpProblem, type OtpSent } from '../../src/index.ts';
import { createApp, defineComponent, ref, shallowRef } from 'vue';

const Approval = defineComponent({
  setup() {
    const sent = ref<OtpSent>();
    const problem = shallowRef<OtpProblem>();
    const otp = ref('');
    const approved = ref('');
    const texts = { approve: 'Pay now' };
    const send = (): void =>
      void (sent.value = { expiresAt: Date.now() + 300_000, resendAfterSeconds: 0, mobile: '******6768' });
    const approve = (): void => {
      if (otp.value === '134021') approved.value = otp.value;
      else problem.value = new OtpError('otp_wrong');
    };
    return { sent, problem, otp, approved, texts, send, approve };
  },
  template: `
    <otp-input v-model="otp" :sent :problem :texts @approve="approve" @resend="send" />
    <output id="outcome">{{ approved }}</output>`,
});

const app = createApp(Approval);
app.config.compilerOptions.isCustomElement = (tag) => tag === 'otp-input';
app.mount('main');
