export * from './app-messages.ts';
export * from './client-messages.ts';
export * from './consumer-messages.ts';
export * from './control-page.ts';
export * from './desired-state.ts';
export { encodeFrame, FRAME_LENGTH_BYTES, FrameDecoder, FrameError, type FrameErrorCode } from './framing.ts';
export {
  applicationRunDirectories,
  defaultRunDirectory,
  homeDirectory,
  ROOT_RUN_DIRECTORY,
  type RunDirectory,
  runDirectoryAt,
} from './run-directory.ts';
