import type { Server, Socket } from 'node:net';

/** Descriptor of an open socket, else -1. Node.js has no public way to it. */
export function descriptorOf(socket: Socket | Server): number {
  return (socket as unknown as { readonly _handle: { readonly fd: number } | null })._handle?.fd ?? -1;
}
