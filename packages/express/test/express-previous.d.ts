/** The major version before, installed under this name. */
declare module 'express-previous' {
  export { default } from 'express';
}
