/** The major version before, installed under this name. */
declare module 'koa-previous' {
  export { default } from 'koa';
}
