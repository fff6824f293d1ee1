/**
 * Whether this process has an inspector. The permission model leaves it out, and embedders such as Electron may do so.
 * Node.js then aborts the process when a thread connects to the main thread's inspector.
 */
export function hasInspector(): boolean {
  const { permission, features, versions } = process as typeof process & { readonly permission?: unknown };
  return features.inspector && permission === undefined && versions.electron === undefined;
}
