import type { DaemonErrorCode } from '../model/daemon-error.ts';
import type { Owner } from '../model/owner.ts';

/** Longest message: the text of a saved session's file as JSON. */
export const HELPER_FRAME_BYTES_MAX = 512 * 1024 * 1024;

/** The descriptor of the helper's socket. */
export const HELPER_SOCKET_FD = 3;

export interface HelperRequest {
  readonly operation: string;
  readonly owner: Owner;
  readonly params: unknown;
}

/** A descriptor follows the answer if the operation opened one. */
export type HelperReply =
  | { readonly kind: 'ready' }
  /** The file system has answered one more call; the operation goes on. */
  | { readonly kind: 'progress' }
  | { readonly kind: 'done'; readonly result: unknown; readonly hasDescriptor: boolean }
  | { readonly kind: 'failed'; readonly code: DaemonErrorCode; readonly message: string };
