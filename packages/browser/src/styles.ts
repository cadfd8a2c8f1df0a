// Four colours, and the others mixed from them: a page that sets one gets what goes with it.
const CSS = `
:host{
--_text:var(--otp-text,light-dark(#17212b,#e8edf3));
--_surface:var(--otp-surface,light-dark(#fff,#171d26));
--_accent:var(--otp-accent,light-dark(#0b57a8,#8cc0ff));
--_danger:var(--otp-danger,light-dark(#b42318,#ff9d94));
--_muted:color-mix(in srgb,var(--_text) 72%,var(--_surface));
--_panel:color-mix(in srgb,var(--_text) 6%,var(--_surface));
color:var(--_text);
display:block;
font-family:var(--otp-font,system-ui,sans-serif);
font-variant-numeric:tabular-nums;
line-height:1.45;
overflow-wrap:anywhere
}
:host([hidden]),[hidden]{display:none!important}
*{border:0 solid var(--_muted);border-radius:var(--otp-radius,.5em);box-sizing:border-box;color:inherit;font:inherit;margin:0}
:focus-visible{outline:3px solid var(--_accent);outline-offset:2px}
#dialog,#field,#input{background:var(--_surface)}
#dialog{border-width:1px;margin:auto;padding:0;width:calc(100% - 2em)}
#dialog,#field{max-width:28em}
#dialog::backdrop{background:#0009}
#field,#summary{display:grid;gap:.75em;padding:1.25em}
#summary{background:var(--_panel);gap:.375em;padding:.875em 1em}
#title,#amount-value{font-size:1.25em}
#title,#amount-value,#otp,#message,button{font-weight:600}
dt,#status,#time-left{color:var(--_muted)}
dd{margin-inline-start:auto;text-align:end}
#field div{align-items:baseline;display:flex;flex-wrap:wrap;gap:.5em 1em;justify-content:space-between}
#input{border-width:2px;font-size:2em;letter-spacing:.3em;padding:.3em 0;text-align:center;text-indent:.3em;width:100%}
#message{color:var(--_danger)}
#message:empty{margin-top:-.75em}
[aria-invalid=true]{border-color:var(--_danger)}
button{background:0;border-width:1px;flex:1 8em;min-height:3em}
#approve{background:var(--_accent);border-color:var(--_accent);color:var(--_surface);flex-basis:12em}
#resend{border:0;color:var(--_accent);flex:0 auto;min-height:1.5em;padding:0}
[aria-disabled=true]{filter:grayscale(1)}
@media(max-width:30em){#dialog{margin-top:1em}}
`;

let sheet: CSSStyleSheet | undefined;

/** Constructed, so that it passes a content security policy without `unsafe-inline`. */
export function styles(): CSSStyleSheet[] {
  if (sheet === undefined) (sheet = new CSSStyleSheet()).replaceSync(CSS);
  return [sheet];
}
