export { proof as default } from './jest.config.mjs';
