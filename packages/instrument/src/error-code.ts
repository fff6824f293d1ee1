/** The code of an error of Node.js, such as `ECONNREFUSED`, else its name: messages may hold private data. */
export function codeOf(error: unknown): string {
  const { code, name } = Object(error) as { readonly code?: unknown; readonly name?: unknown };
  return String((typeof code === 'string' ? code : undefined) ?? name ?? 'unknown');
}
